/*
 * part - what every JSON object of a report is made with, and its findings
 */
#include "report/part.h"

#include <math.h>

#include "knowledge/finding.h"
#include "knowledge/phrase.h"
#include "knowledge/step.h"
#include "report/advice.h"

enum {
    JSON_PEER_MAX = 4096,       /* bytes of one escaped peer text */
    JSON_TEXT_MAX = 128 << 10,  /* bytes of one completed sentence */
    JSON_NUMBER_DIGITS = 12,    /* enough for hundredths of a millisecond of any duration */
};

void part_put(struct part *f, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        f->failed = true;
}

void part_add(struct part *f, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        f->failed = true;
}

json_t *part_string_or_null(const char *string)
{
    return string == NULL ? json_null() : json_string(string);
}

json_t *part_peer(struct peer_text t)
{
    struct buf escaped;
    json_t *value = NULL;

    buf_init(&escaped, JSON_PEER_MAX + 8);
    if (peer_text_escape(&escaped, t, JSON_PEER_MAX))
        value = json_string(buf_borrow(&escaped));
    buf_done(&escaped);
    return value;
}

json_t *part_peer_or_null(const char *string)
{
    return string == NULL ? json_null() : part_peer(peer_text_of(string));
}

json_t *part_peer_lines(struct peer_text t)
{
    while (t.len > 0 && (t.bytes[t.len - 1] == '\n' || t.bytes[t.len - 1] == '\r'))
        t.len--;
    return t.len == 0 ? json_null() : part_peer(t);
}

json_t *part_peer_array(struct part *f, const struct peer_text *texts, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        part_add(f, array, part_peer(texts[i]));
    return array;
}

static bool put_peer(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return peer_text_escape(out, t, JSON_PEER_MAX);
}

json_t *part_sentence(const struct part *f, enum text_id id, const struct argument *args, size_t n)
{
    struct buf out;
    json_t *value = NULL;

    buf_init(&out, JSON_TEXT_MAX);
    if (phrase_put(&out, f->spec->language, id, args, n, put_peer, NULL))
        value = json_string(buf_borrow(&out));
    buf_done(&out);
    return value;
}

/* ---- findings ------------------------------------------------------------- */

static json_t *becauses(struct part *f, const struct diagnosed *found)
{
    json_t *array = json_array();

    for (size_t i = 0; i < found->n_because; i++) {
        const struct because *b = &found->because[i];
        json_t *object = json_object();

        part_put(f, object, "text", part_sentence(f, (enum text_id)b->text, b->arguments, b->n_arguments));
        part_put(f, object, "probe",
                 b->probe >= 0 && (size_t)b->probe < f->e->n_probes ? json_integer(b->probe) : json_null());
        part_add(f, array, object);
    }
    return array;
}

static json_t *steps(struct part *f, const struct diagnosed *found)
{
    const struct finding *finding = finding_by_id((enum finding_id)found->finding);
    json_t *array = json_array();
    struct advice advice;

    if (!advice_init(&advice, f->spec->language, f->e, f->d, found, put_peer))
        f->failed = true;
    for (size_t i = 0; !f->failed && i < finding->n_steps; i++) {
        const struct step *step = step_by_id(finding->steps[i]);
        json_t *object = json_object();

        part_put(f, object, "id", json_string(step->id));
        part_put(f, object, "title", part_sentence(f, step->title, NULL, 0));
        part_put(f, object, "text", part_sentence(f, step->text, advice.arguments, advice.n));
        part_put(f, object, "origin", json_string(step_origin_word(step->origin)));
        part_add(f, array, object);
    }
    advice_done(&advice);
    return array;
}

const char *part_finding_word(const struct diagnosis *d, int index)
{
    if (index < 0 || (size_t)index >= d->n_findings)
        return NULL;
    return finding_by_id((enum finding_id)d->findings[index].finding)->id;
}

json_t *part_findings(struct part *f)
{
    json_t *array = json_array();

    for (size_t i = 0; i < f->d->n_findings; i++) {
        const struct diagnosed *found = &f->d->findings[i];
        const struct finding *finding = finding_by_id((enum finding_id)found->finding);
        json_t *object = json_object();

        part_put(f, object, "id", json_string(finding->id));
        part_put(f, object, "severity", json_string(severity_word(found->severity)));
        part_put(f, object, "confidence", json_real(round(fmin(fmax(found->confidence, 0), 1) * 100) / 100));
        part_put(f, object, "title", part_sentence(f, finding->title, NULL, 0));
        part_put(f, object, "caused_by", part_string_or_null(part_finding_word(f->d, found->caused_by)));
        part_put(f, object, "because", becauses(f, found));
        part_put(f, object, "steps", steps(f, found));
        part_add(f, array, object);
    }
    return array;
}

/* ---- the whole ------------------------------------------------------------ */

static int put_bytes(const char *bytes, size_t len, void *user)
{
    return buf_put(user, bytes, len) ? 0 : -1;
}

bool part_dump(struct buf *out, const struct part *f, json_t *object, size_t flags)
{
    size_t how = flags | JSON_REAL_PRECISION(JSON_NUMBER_DIGITS);
    bool ok = !f->failed && json_dump_callback(object, put_bytes, out, how) == 0 && buf_put_char(out, '\n');

    json_decref(object);
    return ok;
}

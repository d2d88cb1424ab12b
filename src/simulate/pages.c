#include "simulate/pages.h"

#include <stdlib.h>
#include <string.h>

#include "simulate/web.h"

enum {
    BODY_MAX = 16 * 1024,
    LONG_SIZE = 200 * 1024, /* more than anybody should read */
};

struct page {
    struct buf body; /* of a certificate or an OCSP answer */
    unsigned n_asked;
};

struct pages {
    const struct scenario *scenario;
    struct web *web;
    struct buf *transcript;
    unsigned n_requests;
    struct page list[SCENARIO_PAGES_MAX]; /* as in the scenario */
};

bool pages_new(struct pages **ret, const struct scenario *s, struct err *err)
{
    struct pages *p = calloc(1, sizeof *p);

    if (p == NULL)
        return err_set(err, ERR_NOMEM, 0, "making practice web pages");
    p->scenario = s;
    for (size_t i = 0; i < SCENARIO_PAGES_MAX; i++)
        buf_init(&p->list[i].body, BODY_MAX);
    *ret = p;
    return true;
}

static bool load_page(struct buf *out, const struct mint *m, const struct scenario_page *page,
                      const struct scenario_cert *spec, const struct mint_chain *c, struct err *err)
{
    switch (page->kind) {
    case SCENARIO_PAGE_ISSUER:
        return mint_put_issuer(m, spec->issuer, false, out, err);
    case SCENARIO_PAGE_ISSUERS:
        return mint_put_issuer(m, spec->issuer, true, out, err);
    case SCENARIO_PAGE_OCSP:
        return mint_put_ocsp(m, spec->issuer, page->ocsp, c, out, err);
    case SCENARIO_PAGE_HTML:
    case SCENARIO_PAGE_MISSING:
    case SCENARIO_PAGE_REDIRECT:
    case SCENARIO_PAGE_LONG:
    case SCENARIO_PAGE_SILENT:
    case SCENARIO_PAGE_NEVER:
        break;
    }
    return true;
}

bool pages_load(struct pages *p, const struct mint *m, size_t cert, const struct mint_chain *c,
                struct err *err)
{
    const struct scenario *s = p->scenario;

    for (size_t i = 0; i < s->n_pages; i++) {
        if (s->pages[i].cert == cert &&
            !load_page(&p->list[i].body, m, &s->pages[i], &s->certs[cert], c, err))
            return false;
    }
    return true;
}

static bool put_long(struct buf *reply)
{
    char *body = malloc(LONG_SIZE);

    if (body == NULL)
        return false;
    memset(body, 'x', LONG_SIZE);
    web_put_reply(reply, "200 OK", "", (struct peer_text){ body, LONG_SIZE });
    free(body);
    return true;
}

static bool put_page(struct buf *reply, const struct scenario_page *spec, const struct page *page)
{
    struct peer_text body = { buf_borrow(&page->body), page->body.len };

    switch (spec->kind) {
    case SCENARIO_PAGE_ISSUER:
        return web_put_reply(reply, "200 OK", "Content-Type: application/pkix-cert\r\n", body);
    case SCENARIO_PAGE_ISSUERS:
        return web_put_reply(reply, "200 OK", "Content-Type: application/pkcs7-mime\r\n", body);
    case SCENARIO_PAGE_OCSP:
        return web_put_reply(reply, "200 OK", "Content-Type: application/ocsp-response\r\n", body);
    case SCENARIO_PAGE_HTML:
        return web_put_reply(reply, "200 OK", "Content-Type: text/html\r\n",
                             PEER_TEXT_LITERAL("<html><body>Please sign in</body></html>"));
    case SCENARIO_PAGE_REDIRECT:
        return web_put_reply(reply, "302 Found", "Location: /never\r\n", PEER_TEXT_LITERAL(""));
    case SCENARIO_PAGE_LONG:
        return put_long(reply);
    case SCENARIO_PAGE_SILENT:
        return false;
    case SCENARIO_PAGE_MISSING:
    case SCENARIO_PAGE_NEVER:
        break;
    }
    return web_put_reply(reply, "404 Not Found", "", PEER_TEXT_LITERAL("no"));
}

/* A responder is asked by POST (RFC 6960 appendix A.1), for all else GET is right. */
static bool method_fits(const struct scenario_page *spec, const struct web_request *request)
{
    bool post = strcmp(request->method, "POST") == 0;

    return spec->kind == SCENARIO_PAGE_OCSP ? post && request->body.len > 0 : true;
}

static bool answer(void *user, const struct web_request *request, struct buf *reply)
{
    struct pages *p = user;

    buf_printf(p->transcript, "%u 80 C %s ", ++p->n_requests, request->method);
    peer_text_escape(p->transcript, peer_text_of(request->path), SCENARIO_LINE_MAX);
    buf_put_char(p->transcript, '\n');
    for (size_t i = 0; i < p->scenario->n_pages; i++) {
        const struct scenario_page *spec = &p->scenario->pages[i];

        if (strcmp(spec->path, request->path) != 0)
            continue;
        p->list[i].n_asked++;
        if (!method_fits(spec, request))
            return web_put_reply(reply, "405 Method Not Allowed", "", PEER_TEXT_LITERAL("no"));
        return put_page(reply, spec, &p->list[i]);
    }
    return web_put_reply(reply, "404 Not Found", "", PEER_TEXT_LITERAL("no"));
}

bool pages_open(struct pages *p, uv_loop_t *loop, int fd, struct buf *transcript, struct err *err)
{
    p->transcript = transcript;
    return web_new(&p->web, loop, fd, answer, p, err);
}

void pages_put_complaints(const struct pages *p, struct buf *out)
{
    for (size_t i = 0; i < p->scenario->n_pages; i++) {
        const struct scenario_page *spec = &p->scenario->pages[i];
        bool never = spec->kind == SCENARIO_PAGE_NEVER;

        if (never == (p->list[i].n_asked > 0))
            buf_printf(out, "web %s: %s\n", spec->path, never ? "it was asked for" : "nobody asked for it");
    }
}

void pages_end(struct pages *p)
{
    if (p != NULL)
        web_end(p->web);
}

struct pages *pages_free(struct pages *p)
{
    if (p == NULL)
        return NULL;
    for (size_t i = 0; i < SCENARIO_PAGES_MAX; i++)
        buf_done(&p->list[i].body);
    web_free(p->web);
    free(p);
    return NULL;
}

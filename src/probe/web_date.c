#include "probe/web_date.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Its macros check the types of direct calls; ours go through pointers. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/buf.h"
#include "smtp/date.h"

enum {
    URL_MAX = 512,
    HEADERS_MAX = 64 * 1024, /* bytes: libcurl keeps all of them, and older ones without a limit */
};

/* What is used of libcurl. */
struct curl_calls {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_multi_init) *multi_init;
    __typeof__(curl_multi_cleanup) *multi_cleanup;
    __typeof__(curl_multi_setopt) *multi_setopt;
    __typeof__(curl_multi_add_handle) *multi_add_handle;
    __typeof__(curl_multi_remove_handle) *multi_remove_handle;
    __typeof__(curl_multi_socket_action) *multi_socket_action;
    __typeof__(curl_multi_info_read) *multi_info_read;
    __typeof__(curl_multi_assign) *multi_assign;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
};

struct watched {
    uv_poll_t poll;
    struct web_date *owner;
    curl_socket_t socket;
};

struct web_date {
    struct web_date_spec spec;
    struct curl_calls curl;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *resolve;
    uv_timer_t timer;
    unsigned n_handles; /* that libuv still knows */
    bool has_date;
    int64_t date;
    bool replied; /* a header came: it speaks HTTP */
    size_t n_header_bytes;
    bool told;
    bool stopping;
};

/* ---- the library ------------------------------------------------------------ */

static void *open_library(void)
{
    static const char *const names[] = { "libcurl-gnutls.so.4", "libcurl.so.4" };
    void *library = NULL;

    for (size_t i = 0; library == NULL && i < sizeof names / sizeof names[0]; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* A function by its name; memcpy, for ISO C knows no way from an object to a function. */
static bool find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);

    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* The library stays loaded, and set up, until the program ends: it cannot be undone safely. */
static bool load(struct curl_calls *c)
{
    void *library = open_library();

    return library != NULL && find(library, "curl_global_init", &c->global_init) &&
           find(library, "curl_easy_init", &c->easy_init) && find(library, "curl_easy_cleanup", &c->easy_cleanup) &&
           find(library, "curl_easy_setopt", &c->easy_setopt) && find(library, "curl_multi_init", &c->multi_init) &&
           find(library, "curl_multi_cleanup", &c->multi_cleanup) &&
           find(library, "curl_multi_setopt", &c->multi_setopt) &&
           find(library, "curl_multi_add_handle", &c->multi_add_handle) &&
           find(library, "curl_multi_remove_handle", &c->multi_remove_handle) &&
           find(library, "curl_multi_socket_action", &c->multi_socket_action) &&
           find(library, "curl_multi_info_read", &c->multi_info_read) &&
           find(library, "curl_multi_assign", &c->multi_assign) &&
           find(library, "curl_slist_append", &c->slist_append) &&
           find(library, "curl_slist_free_all", &c->slist_free_all) && c->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- the end ---------------------------------------------------------------- */

/* Takes what was half set up. */
static void end_curl(struct web_date *w)
{
    if (w->multi != NULL && w->easy != NULL)
        w->curl.multi_remove_handle(w->multi, w->easy);
    if (w->easy != NULL)
        w->curl.easy_cleanup(w->easy);
    if (w->multi != NULL)
        w->curl.multi_cleanup(w->multi);
    if (w->resolve != NULL)
        w->curl.slist_free_all(w->resolve);
}

static void let_go(struct web_date *w)
{
    if (--w->n_handles > 0)
        return;
    w->spec.listener->gone(w->spec.user);
    free(w);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct watched *s = handle->data;
    struct web_date *w = s->owner;

    free(s);
    let_go(w);
}

static void on_timer_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

/* The handles of curl go at once, and give their sockets back; those of libuv when the loop has closed them. */
void web_date_stop(struct web_date *w)
{
    w->stopping = true;
    end_curl(w);
    uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}

static void tell(struct web_date *w, enum web_date_result result)
{
    if (w->told || w->stopping)
        return;
    w->told = true;
    w->spec.listener->told(w->spec.user, result, w->date);
}

/* ---- curl's wishes ---------------------------------------------------------- */

static void review(struct web_date *w)
{
    const CURLMsg *message;
    int left;
    bool done = w->has_date;

    while (!done && (message = w->curl.multi_info_read(w->multi, &left)) != NULL)
        done = message->msg == CURLMSG_DONE;
    if (done)
        tell(w, w->has_date ? WEB_DATE_TIME : w->replied ? WEB_DATE_NONE : WEB_DATE_NO_ANSWER);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
    struct watched *s = poll->data;
    struct web_date *w = s->owner;
    int action = status < 0 ? CURL_CSELECT_ERR : 0;
    int running;

    if (w->stopping)
        return;
    action |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    action |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    w->curl.multi_socket_action(w->multi, s->socket, action, &running);
    review(w);
}

static struct watched *watch(struct web_date *w, curl_socket_t socket)
{
    struct watched *s = calloc(1, sizeof *s);

    if (s == NULL || uv_poll_init_socket(w->spec.loop, &s->poll, socket) != 0) {
        free(s);
        return NULL;
    }
    s->owner = w;
    s->socket = socket;
    s->poll.data = s;
    w->n_handles++;
    w->curl.multi_assign(w->multi, socket, s);
    return s;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *known)
{
    struct web_date *w = user;
    struct watched *s = known;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            uv_close((uv_handle_t *)&s->poll, on_poll_closed);
        if (s != NULL && !w->stopping)
            w->curl.multi_assign(w->multi, socket, NULL);
        return 0;
    }
    if (s == NULL && (s = watch(w, socket)) == NULL)
        return -1;
    events |= what != CURL_POLL_OUT ? UV_READABLE : 0;
    events |= what != CURL_POLL_IN ? UV_WRITABLE : 0;
    uv_poll_start(&s->poll, events, on_socket_ready);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct web_date *w = timer->data;
    int running;

    w->curl.multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    review(w);
}

static int on_timer_wish(CURLM *multi, long ms, void *user)
{
    struct web_date *w = user;

    (void)multi;
    if (w->stopping)
        return 0;
    if (ms < 0)
        uv_timer_stop(&w->timer);
    else
        uv_timer_start(&w->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

/* ---- the reply -------------------------------------------------------------- */

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    static const char name[] = "Date:";
    struct web_date *w = user;
    size_t len = size * n;

    w->replied = true;
    w->n_header_bytes += len;
    if (!w->has_date && len > sizeof name && strncasecmp(bytes, name, sizeof name - 1) == 0)
        w->has_date = date_find(&w->date, (struct peer_text){ bytes + sizeof name - 1, len - sizeof name + 1 });
    return w->n_header_bytes <= HEADERS_MAX ? len : 0;
}

/* Not as many as came: curl ends the transfer. */
static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    (void)bytes, (void)size, (void)n, (void)user;
    return 0;
}

/* ---- begin ------------------------------------------------------------------ */

static bool put_resolve(struct web_date *w)
{
    char address[ADDRESS_TEXT_SIZE];
    struct buf line;

    buf_init(&line, URL_MAX);
    if (buf_printf(&line, "%s:%u:%s", w->spec.host, w->spec.to.port, address_format(&w->spec.to.address, address)))
        w->resolve = w->curl.slist_append(NULL, buf_borrow(&line));
    buf_done(&line);
    return w->resolve != NULL;
}

static bool set_url(struct web_date *w)
{
    bool bare_ipv6 = strchr(w->spec.host, ':') != NULL;
    struct buf url;
    bool ok;

    buf_init(&url, URL_MAX);
    ok = buf_printf(&url, bare_ipv6 ? "http://[%s]:%u/" : "http://%s:%u/", w->spec.host, w->spec.to.port) &&
         w->curl.easy_setopt(w->easy, CURLOPT_URL, buf_borrow(&url)) == CURLE_OK;
    buf_done(&url);
    return ok;
}

static bool set_up(struct web_date *w)
{
    const struct curl_calls *c = &w->curl;

    w->multi = c->multi_init();
    w->easy = c->easy_init();
    if (w->multi == NULL || w->easy == NULL || !put_resolve(w) || !set_url(w))
        return false;
    c->multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    c->multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    c->multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
    c->multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    return c->easy_setopt(w->easy, CURLOPT_RESOLVE, w->resolve) == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_PROXY, "") == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_TIMEOUT_MS, (long)w->spec.timeout_ms) == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_USERAGENT, "smtpdx") == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_HEADERDATA, w) == CURLE_OK &&
           c->easy_setopt(w->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
}

bool web_date_start(struct web_date **ret, const struct web_date_spec *spec, struct err *err)
{
    struct web_date *w = calloc(1, sizeof *w);

    if (w == NULL)
        return err_set(err, ERR_NOMEM, 0, "asking a web server for the time");
    w->spec = *spec;
    if (!load(&w->curl) || !set_up(w)) {
        end_curl(w);
        free(w);
        return err_set(err, ERR_LIBRARY, 0, "asking a web server for the time");
    }
    uv_timer_init(spec->loop, &w->timer);
    w->timer.data = w;
    w->n_handles = 1;
    /* It begins with a timer of no time: from the loop, as promised. */
    w->curl.multi_add_handle(w->multi, w->easy);
    *ret = w;
    return true;
}

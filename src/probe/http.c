#include "probe/http.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Its macros check the types of direct calls; ours go through pointers. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/buf.h"
#include "probe/http_url.h"
#include "smtp/date.h"

enum {
    URL_MAX = 2 * 1024, /* of one that is built here */
    HEADER_MAX = 256,   /* of one that the request brings */
};

/* What is used of libcurl. */
struct curl_calls {
    __typeof__(curl_global_init) *global_init;
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__(curl_easy_setopt) *easy_setopt;
    __typeof__(curl_easy_getinfo) *easy_getinfo;
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
    struct http *owner;
    curl_socket_t socket;
};

struct http {
    struct http_spec spec; /* its texts are gone after the start */
    struct curl_calls curl;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *connect_to;
    struct curl_slist *headers;
    uv_timer_t timer;
    unsigned n_handles; /* that libuv still knows */
    struct http_result result;
    size_t n_header_bytes;
    char location[HTTP_LOCATION_MAX];
    struct buf body;
    bool too_long;
    bool enough; /* all that was wanted is here */
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
           find(library, "curl_easy_init", &c->easy_init) &&
           find(library, "curl_easy_cleanup", &c->easy_cleanup) &&
           find(library, "curl_easy_setopt", &c->easy_setopt) &&
           find(library, "curl_easy_getinfo", &c->easy_getinfo) &&
           find(library, "curl_multi_init", &c->multi_init) &&
           find(library, "curl_multi_cleanup", &c->multi_cleanup) &&
           find(library, "curl_multi_setopt", &c->multi_setopt) &&
           find(library, "curl_multi_add_handle", &c->multi_add_handle) &&
           find(library, "curl_multi_remove_handle", &c->multi_remove_handle) &&
           find(library, "curl_multi_socket_action", &c->multi_socket_action) &&
           find(library, "curl_multi_info_read", &c->multi_info_read) &&
           find(library, "curl_multi_assign", &c->multi_assign) &&
           find(library, "curl_slist_append", &c->slist_append) &&
           find(library, "curl_slist_free_all", &c->slist_free_all) &&
           c->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- the end ---------------------------------------------------------------- */

/* Takes what was half set up. */
static void end_curl(struct http *h)
{
    if (h->multi != NULL && h->easy != NULL)
        h->curl.multi_remove_handle(h->multi, h->easy);
    if (h->easy != NULL)
        h->curl.easy_cleanup(h->easy);
    if (h->multi != NULL)
        h->curl.multi_cleanup(h->multi);
    if (h->connect_to != NULL)
        h->curl.slist_free_all(h->connect_to);
    if (h->headers != NULL)
        h->curl.slist_free_all(h->headers);
}

static void let_go(struct http *h)
{
    if (--h->n_handles > 0)
        return;
    h->spec.listener->gone(h->spec.user);
    buf_done(&h->body);
    free(h);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct watched *s = handle->data;
    struct http *h = s->owner;

    free(s);
    let_go(h);
}

static void on_timer_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

/* The handles of curl go at once, and give their sockets back; those of libuv once the loop has closed them. */
void http_stop(struct http *h)
{
    h->stopping = true;
    end_curl(h);
    uv_close((uv_handle_t *)&h->timer, on_timer_closed);
}

static void tell(struct http *h, enum http_outcome outcome)
{
    if (h->told || h->stopping)
        return;
    h->told = true;
    h->result.outcome = outcome;
    h->result.body = (struct peer_text){ buf_borrow(&h->body), h->body.len };
    h->spec.listener->told(h->spec.user, &h->result);
}

/* ---- curl's wishes ---------------------------------------------------------- */

static enum http_outcome outcome_of(const struct http *h, CURLcode code)
{
    if (h->enough)
        return HTTP_REPLY;
    if (h->too_long)
        return HTTP_TOO_LONG;
    switch (code) {
    case CURLE_OK:
        return HTTP_REPLY;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_SILENT;
    case CURLE_COULDNT_CONNECT:
        return HTTP_NO_ANSWER;
    default:
        return HTTP_NO_HTTP;
    }
}

static void review(struct http *h)
{
    const CURLMsg *message;
    int left;

    if (h->enough) {
        tell(h, HTTP_REPLY);
        return;
    }
    while ((message = h->curl.multi_info_read(h->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            tell(h, outcome_of(h, message->data.result));
            return;
        }
    }
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
    struct watched *s = poll->data;
    struct http *h = s->owner;
    int action = status < 0 ? CURL_CSELECT_ERR : 0;
    int running;

    if (h->stopping)
        return;
    action |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    action |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    h->curl.multi_socket_action(h->multi, s->socket, action, &running);
    review(h);
}

static struct watched *watch(struct http *h, curl_socket_t socket)
{
    struct watched *s = calloc(1, sizeof *s);

    if (s == NULL || uv_poll_init_socket(h->spec.loop, &s->poll, socket) != 0) {
        free(s);
        return NULL;
    }
    s->owner = h;
    s->socket = socket;
    s->poll.data = s;
    h->n_handles++;
    h->curl.multi_assign(h->multi, socket, s);
    return s;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *user, void *known)
{
    struct http *h = user;
    struct watched *s = known;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            uv_close((uv_handle_t *)&s->poll, on_poll_closed);
        if (s != NULL && !h->stopping)
            h->curl.multi_assign(h->multi, socket, NULL);
        return 0;
    }
    if (s == NULL && (s = watch(h, socket)) == NULL)
        return -1;
    events |= what != CURL_POLL_OUT ? UV_READABLE : 0;
    events |= what != CURL_POLL_IN ? UV_WRITABLE : 0;
    uv_poll_start(&s->poll, events, on_socket_ready);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct http *h = timer->data;
    int running;

    h->curl.multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    review(h);
}

static int on_timer_wish(CURLM *multi, long ms, void *user)
{
    struct http *h = user;

    (void)multi;
    if (h->stopping)
        return 0;
    if (ms < 0)
        uv_timer_stop(&h->timer);
    else
        uv_timer_start(&h->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

/* ---- the reply -------------------------------------------------------------- */

/* What follows the name of a header; false where it is another one. */
static bool is_header(struct peer_text *ret, struct peer_text line, const char *name)
{
    size_t len = strlen(name);

    if (line.len <= len || strncasecmp(line.bytes, name, len) != 0)
        return false;
    *ret = (struct peer_text){ line.bytes + len, line.len - len };
    return true;
}

static void keep_location(struct http *h, struct peer_text value)
{
    while (value.len > 0 && (*value.bytes == ' ' || *value.bytes == '\t')) {
        value.bytes++;
        value.len--;
    }
    while (value.len > 0 && strchr("\r\n \t", value.bytes[value.len - 1]) != NULL)
        value.len--;
    if (value.len > sizeof h->location)
        value.len = sizeof h->location;
    memcpy(h->location, value.bytes, value.len);
    h->result.location = (struct peer_text){ h->location, value.len };
}

/* An empty line ends the headers; those of 100 Continue and its like are followed by the real ones. */
static void end_headers(struct http *h)
{
    long status = 0;

    if (h->curl.easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 200 ||
        status > 999)
        return;
    h->result.status = (unsigned)status;
    h->enough = h->spec.body_max == 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    struct http *h = user;
    struct peer_text line = { bytes, size * n };
    struct peer_text value;

    h->n_header_bytes += line.len;
    if (h->n_header_bytes > HTTP_HEADERS_MAX) {
        h->too_long = true;
        return 0; /* not as many as came: curl ends the transfer */
    }
    if (!h->result.has_date && is_header(&value, line, "Date:"))
        h->result.has_date = date_find(&h->result.date, value);
    else if (h->result.location.len == 0 && is_header(&value, line, "Location:"))
        keep_location(h, value);
    else if (line.len <= 2 && strspn(bytes, "\r\n") >= line.len)
        end_headers(h);
    return line.len;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    struct http *h = user;

    if (h->enough)
        return 0;
    if (!buf_put(&h->body, bytes, size * n)) {
        h->too_long = true;
        return 0;
    }
    return size * n;
}

/* ---- begin ------------------------------------------------------------------ */

/* Whatever the URL says, this is where it goes: nobody is asked for the name again. */
static bool put_connect_to(struct http *h, const struct endpoint *to)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct buf line;

    buf_init(&line, URL_MAX);
    if (buf_printf(&line, "::%s", endpoint_format(to, text)))
        h->connect_to = h->curl.slist_append(NULL, buf_borrow(&line));
    buf_done(&line);
    return h->connect_to != NULL &&
           h->curl.easy_setopt(h->easy, CURLOPT_CONNECT_TO, h->connect_to) == CURLE_OK;
}

static bool set_url(struct http *h, const struct http_spec *spec)
{
    struct buf url;
    bool ok;

    buf_init(&url, URL_MAX);
    ok = http_url_put(&url, spec->host, spec->port, spec->path) &&
         h->curl.easy_setopt(h->easy, CURLOPT_URL, buf_borrow(&url)) == CURLE_OK;
    buf_done(&url);
    return ok;
}

static bool set_post(struct http *h, const struct http_spec *spec)
{
    struct buf type;
    bool ok;

    if (spec->post.bytes == NULL)
        return true;
    buf_init(&type, HEADER_MAX);
    if (buf_printf(&type, "Content-Type: %s", spec->post_type))
        h->headers = h->curl.slist_append(NULL, buf_borrow(&type));
    buf_done(&type);
    ok = h->headers != NULL && h->curl.easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers) == CURLE_OK;
    return ok && h->curl.easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE, (long)spec->post.len) == CURLE_OK &&
           h->curl.easy_setopt(h->easy, CURLOPT_COPYPOSTFIELDS, spec->post.bytes) == CURLE_OK;
}

static bool set_limits(struct http *h, const struct http_spec *spec)
{
    const struct curl_calls *c = &h->curl;

    return c->easy_setopt(h->easy, CURLOPT_PROXY, "") == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, (long)spec->timeout_ms) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_USERAGENT, "smtpdx") == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_HEADERDATA, h) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           c->easy_setopt(h->easy, CURLOPT_WRITEDATA, h) == CURLE_OK;
}

static bool set_up(struct http *h, const struct http_spec *spec)
{
    const struct curl_calls *c = &h->curl;

    h->multi = c->multi_init();
    h->easy = c->easy_init();
    if (h->multi == NULL || h->easy == NULL)
        return false;
    c->multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    c->multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    c->multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
    c->multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    return set_url(h, spec) && put_connect_to(h, &spec->to) && set_post(h, spec) && set_limits(h, spec);
}

bool http_start(struct http **ret, const struct http_spec *spec, struct err *err)
{
    static const char doing[] = "making an HTTP request";
    struct http *h = calloc(1, sizeof *h);

    if (h == NULL)
        return err_set(err, ERR_NOMEM, 0, doing);
    h->spec = *spec;
    buf_init(&h->body, spec->body_max < HTTP_BODY_MAX ? spec->body_max : HTTP_BODY_MAX);
    if (!load(&h->curl) || !set_up(h, spec)) {
        end_curl(h);
        free(h);
        return err_set(err, ERR_LIBRARY, 0, doing);
    }
    uv_timer_init(spec->loop, &h->timer);
    h->timer.data = h;
    h->n_handles = 1;
    /* It begins with a timer of no time: from the loop, as promised. */
    h->curl.multi_add_handle(h->multi, h->easy);
    *ret = h;
    return true;
}

#include "simulate/web.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CLIENTS_MAX = 8,
    BACKLOG = 8,
    REQUEST_MAX = 16 * 1024,
    READ_SIZE = 4096,
};

/* One that asks; its connection serves one request. */
struct visitor {
    struct web *web;
    struct visitor *next;
    uv_tcp_t tcp;
    uv_write_t write;
    char heard[READ_SIZE];
    struct buf request;
    struct buf reply;
    bool answered;
};

struct web {
    uv_tcp_t tcp;
    web_answer_fn *answer;
    void *user;
    uint16_t port;
    bool ending;
    unsigned n_visitors;
    struct visitor *visitors;
};

/* ---- the end of a visit ------------------------------------------------------- */

static void on_visitor_gone(uv_handle_t *handle)
{
    struct visitor *v = handle->data;

    for (struct visitor **at = &v->web->visitors; *at != NULL; at = &(*at)->next) {
        if (*at == v) {
            *at = v->next;
            v->web->n_visitors--;
            break;
        }
    }
    buf_done(&v->request);
    buf_done(&v->reply);
    free(v);
}

static void see_off(struct visitor *v)
{
    if (!uv_is_closing((uv_handle_t *)&v->tcp))
        uv_close((uv_handle_t *)&v->tcp, on_visitor_gone);
}

static void on_answered(uv_write_t *write, int status)
{
    (void)status;
    see_off(write->handle->data);
}

/* ---- requests ------------------------------------------------------------------ */

static size_t content_length(const char *head)
{
    static const char name[] = "\r\nContent-Length:";
    const char *at = strcasestr(head, name);

    return at == NULL ? 0 : strtoul(at + sizeof name - 1, NULL, 10);
}

/* Cuts the request into its parts; false while some of it has not come. */
static bool read_request(struct web_request *ret, struct buf *request)
{
    char *head = request->bytes;
    char *end = head == NULL ? NULL : strstr(head, "\r\n\r\n");
    char *space, *second;
    size_t length;

    if (end == NULL)
        return false;
    length = content_length(head);
    ret->body = (struct peer_text){ end + 4, request->len - (size_t)(end + 4 - head) };
    if (ret->body.len < length)
        return false;
    space = strchr(head, ' ');
    second = space == NULL ? NULL : strchr(space + 1, ' ');
    if (second == NULL || second > end)
        return false;
    *space = *second = '\0';
    ret->method = head;
    ret->path = space + 1;
    return true;
}

static void answer_visitor(struct visitor *v)
{
    struct web_request request;
    uv_buf_t part;

    if (v->answered || !read_request(&request, &v->request))
        return;
    v->answered = true;
    if (!v->web->answer(v->web->user, &request, &v->reply))
        return;
    part = uv_buf_init(v->reply.bytes, (unsigned)v->reply.len);
    if (uv_write(&v->write, (uv_stream_t *)&v->tcp, &part, 1, on_answered) != 0)
        see_off(v);
}

static void give_heard(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct visitor *v = handle->data;

    (void)suggested;
    *ret = uv_buf_init(v->heard, sizeof v->heard);
}

static void on_heard(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
    struct visitor *v = stream->data;

    if (len < 0 || (len > 0 && !v->answered && !buf_put(&v->request, bytes->base, (size_t)len)))
        see_off(v);
    else
        answer_visitor(v);
}

static void on_visitor(uv_stream_t *listener, int status)
{
    struct web *w = listener->data;
    struct visitor *v = status != 0 || w->n_visitors == CLIENTS_MAX ? NULL : calloc(1, sizeof *v);

    if (v == NULL)
        return;
    v->web = w;
    v->next = w->visitors;
    w->visitors = v;
    w->n_visitors++;
    buf_init(&v->request, REQUEST_MAX);
    buf_init(&v->reply, WEB_REPLY_MAX);
    uv_tcp_init(listener->loop, &v->tcp);
    v->tcp.data = v;
    if (uv_accept(listener, (uv_stream_t *)&v->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&v->tcp, give_heard, on_heard) != 0)
        see_off(v);
}

bool web_put_reply(struct buf *reply, const char *status, const char *headers, struct peer_text body)
{
    buf_printf(reply, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n", status, headers,
               body.len);
    return buf_put(reply, body.bytes, body.len);
}

/* ---- the whole ------------------------------------------------------------------ */

static int listen_at(struct web *w, int fd)
{
    struct sockaddr_in at;
    int size = sizeof at;
    int code;

    uv_ip4_addr("127.0.0.1", 0, &at);
    code = fd >= 0 ? uv_tcp_open(&w->tcp, fd) : uv_tcp_bind(&w->tcp, (const struct sockaddr *)&at, 0);
    if (code == 0)
        code = uv_listen((uv_stream_t *)&w->tcp, BACKLOG, on_visitor);
    if (code == 0)
        code = uv_tcp_getsockname(&w->tcp, (struct sockaddr *)&at, &size);
    if (code == 0)
        w->port = ntohs(at.sin_port);
    return code;
}

bool web_new(struct web **ret, uv_loop_t *loop, int fd, web_answer_fn *answer, void *user, struct err *err)
{
    static const char doing[] = "starting a practice web server";
    struct web *w = calloc(1, sizeof *w);
    int code;

    if (w == NULL)
        return err_set(err, ERR_NOMEM, 0, doing);
    w->answer = answer;
    w->user = user;
    uv_tcp_init(loop, &w->tcp);
    w->tcp.data = w;
    *ret = w;
    code = listen_at(w, fd);
    return code == 0 || err_set(err, ERR_SYSTEM, -code, doing);
}

uint16_t web_port(const struct web *w)
{
    return w->port;
}

void web_end(struct web *w)
{
    if (w == NULL || w->ending)
        return;
    w->ending = true;
    for (struct visitor *v = w->visitors; v != NULL; v = v->next)
        see_off(v);
    uv_close((uv_handle_t *)&w->tcp, NULL);
}

struct web *web_free(struct web *w)
{
    free(w);
    return NULL;
}

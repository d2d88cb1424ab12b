#include "probe/http.h"

#include <stdio.h>
#include <string.h>

#include "simulate/web.h"
#include "unit.h"

/* What the practice server says, and what it was asked. */
struct says {
    const char *reply; /* NULL: nothing */
    size_t filler;     /* so many bytes behind it */
    char method[16];
    char path[64];
    char body[64];
};

/* What the client heard. */
struct ear {
    struct http *http;
    struct web *web;
    unsigned n_told, n_gone;
    struct http_result result; /* its texts are gone */
    char location[HTTP_LOCATION_MAX + 1];
    char body[64];
    size_t body_len;
    bool stop_at_once;
};

static bool answer(void *user, const struct web_request *request, struct buf *reply)
{
    struct says *s = user;

    snprintf(s->method, sizeof s->method, "%s", request->method);
    snprintf(s->path, sizeof s->path, "%s", request->path);
    snprintf(s->body, sizeof s->body, "%.*s", (int)request->body.len, request->body.bytes);
    if (s->reply == NULL)
        return false;
    buf_put_string(reply, s->reply);
    for (size_t i = 0; i < s->filler; i++)
        buf_put_char(reply, 'x');
    return true;
}

static void on_told(void *user, const struct http_result *result)
{
    struct ear *ear = user;

    ear->n_told++;
    ear->result = *result;
    snprintf(ear->location, sizeof ear->location, "%.*s", (int)result->location.len, result->location.bytes);
    snprintf(ear->body, sizeof ear->body, "%.*s", (int)result->body.len, result->body.bytes);
    ear->body_len = result->body.len;
    http_stop(ear->http);
    web_end(ear->web);
}

static void on_gone(void *user)
{
    ((struct ear *)user)->n_gone++;
}

static const struct http_listener ears = { .told = on_told, .gone = on_gone };

static struct http_spec spec_for(uv_loop_t *loop, uint16_t port, struct ear *ear)
{
    struct http_spec spec = {
        .loop = loop,
        .host = "pki.example.test", /* nobody looks it up */
        .port = 80,
        .path = "/a?b",
        .to = { .port = port },
        .body_max = HTTP_BODY_MAX,
        .timeout_ms = 2000,
        .listener = &ears,
        .user = ear,
    };

    ck_assert(address_parse(&spec.to.address, "127.0.0.1"));
    return spec;
}

/* One request, from the server's start to the end of the loop. */
static void run(struct says *says, struct ear *ear, void (*change)(struct http_spec *spec))
{
    struct http_spec spec;
    uv_loop_t loop;

    ck_assert(uv_loop_init(&loop) == 0 && web_new(&ear->web, &loop, -1, answer, says, NULL));
    spec = spec_for(&loop, web_port(ear->web), ear);
    if (change != NULL)
        change(&spec);
    ck_assert(http_start(&ear->http, &spec, NULL));
    ck_assert_uint_eq(ear->n_told, 0);
    if (ear->stop_at_once) {
        http_stop(ear->http);
        web_end(ear->web);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(ear->n_gone, 1);
    web_free(ear->web);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void headers_alone(struct http_spec *spec)
{
    spec->body_max = 0;
}

static void soon(struct http_spec *spec)
{
    spec->timeout_ms = 100;
}

static void little(struct http_spec *spec)
{
    spec->body_max = 4;
}

static void post(struct http_spec *spec)
{
    spec->post = PEER_TEXT_LITERAL("a question");
    spec->post_type = "application/ocsp-request";
}

#define DATE "Date: Tue, 24 Nov 2026 15:04:05 GMT\r\n"
enum { DATE_S = 1795532645 };

static const struct reply_case {
    const char *says, *reply;
    size_t filler;
    void (*change)(struct http_spec *spec);
    enum http_outcome outcome;
    unsigned status;
    bool has_date;
    const char *location;
    size_t body_len;
} reply_cases[] = {
    { "a whole reply", "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\n\r\nhello",
      0, NULL, HTTP_REPLY, 200, true, "", 5 },
    { "chunks are put together",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
      0, NULL, HTTP_REPLY, 200, false, "", 3 },
    { "no body", "HTTP/1.1 204 No Content\r\n\r\n",
      0, NULL, HTTP_REPLY, 204, false, "", 0 },
    { "no body where there should be none", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      0, NULL, HTTP_REPLY, 200, false, "", 0 },
    { "a redirect is told, not followed",
      "HTTP/1.1 302 Found\r\nLocation:  http://b.test/ \r\nContent-Length: 0\r\n\r\n",
      0, NULL, HTTP_REPLY, 302, false, "http://b.test/", 0 },
    { "what comes before the reply is passed over",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 No\r\n" DATE "Content-Length: 2\r\n\r\nno",
      0, NULL, HTTP_REPLY, 404, true, "", 2 },
    { "the headers are enough", "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 100000\r\n\r\n",
      5, headers_alone, HTTP_REPLY, 200, true, "", 0 },
    { "headers that are enough are those of the reply",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 511 Sign in\r\n\r\n",
      0, headers_alone, HTTP_REPLY, 511, false, "", 0 },
    { "a body at the ceiling", "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n",
      HTTP_BODY_MAX, NULL, HTTP_REPLY, 200, false, "", HTTP_BODY_MAX },
    { "a body past it", "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n",
      HTTP_BODY_MAX + 1, NULL, HTTP_TOO_LONG, 200, false, "", 0 },
    { "a body past a lower one", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      0, little, HTTP_TOO_LONG, 200, false, "", 0 },
    { "a header without end", "HTTP/1.1 200 OK\r\nX: ",
      2 * HTTP_HEADERS_MAX, NULL, HTTP_NO_HTTP, 0, false, "", 0 },
    { "a body that is cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
      0, NULL, HTTP_NO_HTTP, 200, false, "", 5 },
    { "something else", "220 mail.example.test ESMTP\r\n",
      0, NULL, HTTP_NO_HTTP, 0, false, "", 0 },
    { "nothing at all", "",
      0, NULL, HTTP_NO_HTTP, 0, false, "", 0 },
    { "silence", NULL,
      0, soon, HTTP_SILENT, 0, false, "", 0 },
};

START_TEST(a_reply_is_told_as_it_came)
{
    const struct reply_case *c = &reply_cases[_i];
    struct says says = { .reply = c->reply, .filler = c->filler };
    struct ear ear = { .n_told = 0 };

    run(&says, &ear, c->change);
    ck_assert_uint_eq(ear.n_told, 1);
    ck_assert_str_eq(says.method, "GET");
    ck_assert_str_eq(says.path, "/a?b");
    ck_assert_msg(ear.result.outcome == c->outcome, "%s: %d", c->says, (int)ear.result.outcome);
    ck_assert_msg(ear.result.status == c->status && ear.result.has_date == c->has_date, "%s: %u", c->says,
                  ear.result.status);
    ck_assert_msg(!c->has_date || ear.result.date == DATE_S, "%s: %lld", c->says, (long long)ear.result.date);
    ck_assert_str_eq(ear.location, c->location);
    ck_assert_msg(c->outcome == HTTP_TOO_LONG || ear.body_len == c->body_len, "%s: %zu", c->says,
                  ear.body_len);
}
END_TEST

START_TEST(headers_have_their_ceiling)
{
    enum { LINES = 2000 };
    struct says says = { .reply = NULL };
    struct ear ear = { .n_told = 0 };
    struct buf reply;

    buf_init(&reply, WEB_REPLY_MAX);
    buf_put_string(&reply, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < LINES; i++)
        buf_put_string(&reply, "X-Filler: 0123456789 0123456789 0123456789\r\n");
    buf_put_string(&reply, DATE "\r\n");
    says.reply = buf_borrow(&reply);
    run(&says, &ear, NULL);
    ck_assert_int_eq(ear.result.outcome, HTTP_TOO_LONG);
    ck_assert(!ear.result.has_date);
    buf_done(&reply);
}
END_TEST

START_TEST(a_location_is_cut)
{
    struct says says = { .reply = NULL };
    struct ear ear = { .n_told = 0 };
    struct buf reply;

    buf_init(&reply, WEB_REPLY_MAX);
    buf_put_string(&reply, "HTTP/1.1 302 Found\r\nLocation: http://b.test/");
    for (int i = 0; i < 2 * HTTP_LOCATION_MAX; i++)
        buf_put_char(&reply, 'b');
    buf_put_string(&reply, "\r\nContent-Length: 0\r\n\r\n");
    says.reply = buf_borrow(&reply);
    run(&says, &ear, NULL);
    ck_assert_int_eq(ear.result.outcome, HTTP_REPLY);
    ck_assert_uint_eq(ear.result.location.len, HTTP_LOCATION_MAX);
    buf_done(&reply);
}
END_TEST

START_TEST(a_question_is_posted)
{
    struct says says = { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" };
    struct ear ear = { .n_told = 0 };

    run(&says, &ear, post);
    ck_assert_str_eq(says.method, "POST");
    ck_assert_str_eq(says.body, "a question");
    ck_assert_str_eq(ear.body, "ok");
}
END_TEST

static void nobody_listens(struct http_spec *spec)
{
    spec->to.port = 1;
}

START_TEST(no_connection_is_no_answer)
{
    struct says says = { .reply = "" };
    struct ear ear = { .n_told = 0 };

    run(&says, &ear, nobody_listens);
    ck_assert_uint_eq(ear.n_told, 1);
    ck_assert_int_eq(ear.result.outcome, HTTP_NO_ANSWER);
}
END_TEST

START_TEST(it_is_stopped_without_a_word)
{
    struct says says = { .reply = "HTTP/1.1 200 OK\r\n\r\n" };
    struct ear ear = { .stop_at_once = true };

    run(&says, &ear, NULL);
    ck_assert_uint_eq(ear.n_told, 0);
}
END_TEST

/* The environment of whoever calls must not send the question elsewhere. */
START_TEST(no_proxy_is_used)
{
    struct says says = { .reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" };
    struct ear ear = { .n_told = 0 };

    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    run(&says, &ear, NULL);
    unsetenv("http_proxy");
    ck_assert_int_eq(ear.result.outcome, HTTP_REPLY);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("http");

    tcase_add_loop_test(t, a_reply_is_told_as_it_came, 0, sizeof reply_cases / sizeof reply_cases[0]);
    tcase_add_test(t, headers_have_their_ceiling);
    tcase_add_test(t, a_location_is_cut);
    tcase_add_test(t, a_question_is_posted);
    tcase_add_test(t, no_connection_is_no_answer);
    tcase_add_test(t, it_is_stopped_without_a_word);
    tcase_add_test(t, no_proxy_is_used);
    return unit_run("http", &t, 1);
}

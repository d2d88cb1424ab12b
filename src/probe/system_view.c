/*
 * system_view - what the programs of this machine get for a name
 *
 * The threads and the engine share one mailbox, which lives until the last of
 * them lets go: a thread that comes back after the engine has gone finds it
 * shut and only frees what is its own.
 */
#include "probe/system_view.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

enum {
    THREADS_MAX = 8,
    THREAD_STACK = 1024 * 1024, /* modules of the system's resolver run on it, of whatever kind */
};

struct mailbox {
    pthread_mutex_t lock;
    struct system_request *done;
    struct system_view *owner; /* NULL once the engine has gone */
    unsigned n_holders;
};

struct system_view {
    uv_async_t wake;
    struct mailbox *mailbox;
    unsigned n_running;
};

struct system_request {
    struct mailbox *mailbox;
    struct system_request *next;
    char *host;
    system_answer_fn *answer; /* used and cleared on the loop's thread alone */
    void *user;
    struct system_answer result;
};

static void mailbox_release(struct mailbox *m)
{
    bool last;

    pthread_mutex_lock(&m->lock);
    last = --m->n_holders == 0;
    pthread_mutex_unlock(&m->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static void request_free(struct system_request *r)
{
    struct mailbox *m = r->mailbox;

    free(r->host);
    free(r);
    mailbox_release(m);
}

static void on_wake(uv_async_t *wake)
{
    struct system_view *v = wake->data;
    struct system_request *done;

    pthread_mutex_lock(&v->mailbox->lock);
    done = v->mailbox->done;
    v->mailbox->done = NULL;
    pthread_mutex_unlock(&v->mailbox->lock);
    while (done != NULL) {
        struct system_request *next = done->next;

        v->n_running--;
        if (done->answer != NULL)
            done->answer(done->user, &done->result);
        request_free(done);
        done = next;
    }
}

bool system_view_new(struct system_view **ret, uv_loop_t *loop, struct err *err)
{
    struct system_view *v = calloc(1, sizeof *v);
    struct mailbox *m = calloc(1, sizeof *m);
    int status;

    if (v == NULL || m == NULL || pthread_mutex_init(&m->lock, NULL) != 0) {
        free(v);
        free(m);
        return err_set(err, ERR_NOMEM, 0, "setting up the system's resolver");
    }
    m->n_holders = 1;
    m->owner = v;
    v->mailbox = m;
    status = uv_async_init(loop, &v->wake, on_wake);
    if (status != 0) {
        mailbox_release(m);
        free(v);
        return err_set(err, ERR_SYSTEM, -status, "setting up the system's resolver");
    }
    v->wake.data = v;
    *ret = v;
    return true;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void system_view_close(struct system_view *v)
{
    struct mailbox *m;
    struct system_request *done;

    if (v == NULL)
        return;
    m = v->mailbox;
    pthread_mutex_lock(&m->lock);
    m->owner = NULL;
    done = m->done;
    m->done = NULL;
    pthread_mutex_unlock(&m->lock);
    while (done != NULL) {
        struct system_request *next = done->next;

        request_free(done);
        done = next;
    }
    mailbox_release(m);
    uv_close((uv_handle_t *)&v->wake, on_closed);
}

static void result_put(struct system_answer *result, const struct sockaddr *from)
{
    struct address *a = &result->addresses[result->n_addresses];

    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, from, sizeof in);
        a->family = FAMILY_IPV4;
        memcpy(a->bytes, &in.sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, from, sizeof in6);
        a->family = FAMILY_IPV6;
        memcpy(a->bytes, &in6.sin6_addr, 16);
        a->scope = in6.sin6_scope_id;
    } else {
        return;
    }
    result->n_addresses++;
}

/* The library tells want of descriptors as a silent resolver: whether there are any shows when one is asked for. */
static int find_own_errno(int code)
{
    int code_of_system = errno;
    int fd;

    if (code == EAI_MEMORY)
        return ENOMEM;
    if (code == EAI_SYSTEM && err_is_shortage(code_of_system))
        return code_of_system;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static void *request_run(void *arg)
{
    struct system_request *r = arg;
    struct mailbox *m = r->mailbox;
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    bool wanted;

    r->result.code = getaddrinfo(r->host, NULL, &hints, &list);
    if (r->result.code != 0)
        r->result.own_errno = find_own_errno(r->result.code);
    for (struct addrinfo *i = list; i != NULL && r->result.n_addresses < SYSTEM_VIEW_ADDRESSES_MAX; i = i->ai_next)
        result_put(&r->result, i->ai_addr);
    if (list != NULL)
        freeaddrinfo(list);

    pthread_mutex_lock(&m->lock);
    wanted = m->owner != NULL;
    if (wanted) {
        r->next = m->done;
        m->done = r;
        uv_async_send(&m->owner->wake); /* under the lock: the owner cannot go meanwhile */
    }
    pthread_mutex_unlock(&m->lock);
    if (!wanted)
        request_free(r);
    return NULL;
}

/* Signals are for the program's own threads, whose handlers know nothing of this one. */
static bool thread_start(struct system_request *r)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&thread, &attributes, request_run, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

bool system_view_ask(struct system_request **ret, struct system_view *v, const char *host, system_answer_fn *answer,
                     void *user, struct err *err)
{
    struct system_request *r;

    if (v->n_running >= THREADS_MAX)
        return err_set(err, ERR_LIMIT, THREADS_MAX, "asking the system's resolver");
    r = calloc(1, sizeof *r);
    if (r == NULL || (r->host = strdup(host)) == NULL) {
        free(r);
        return err_set(err, ERR_NOMEM, 0, "asking the system's resolver");
    }
    r->answer = answer;
    r->user = user;
    r->mailbox = v->mailbox;
    pthread_mutex_lock(&v->mailbox->lock);
    v->mailbox->n_holders++;
    pthread_mutex_unlock(&v->mailbox->lock);
    if (!thread_start(r)) {
        request_free(r);
        return err_set(err, ERR_SYSTEM, 0, "asking the system's resolver");
    }
    v->n_running++;
    *ret = r;
    return true;
}

void system_request_abandon(struct system_request *r)
{
    if (r != NULL)
        r->answer = NULL;
}

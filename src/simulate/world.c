#include "simulate/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/buf.h"
#include "simulate/path.h"
#include "simulate/rtnl.h"

enum {
    PATH_SIZE = 128,
    FILE_MAX = 16 * 1024,
    NEAR_PREFIX_V4 = 24,
    NEAR_PREFIX_V6 = 64,
};

static const char device[] = "uplink"; /* each side has one of this name */

/* The client's own addresses. */
static const char *const near_addresses[FAMILY_COUNT] = { "192.168.7.10", "2001:db8:7::10" };

struct world {
    const struct scenario *scenario;
    int far_device; /* -1: path has it */
    struct path *path;
};

static bool failed(struct err *err, const char *doing)
{
    return err_set(err, ERR_SYSTEM, errno, doing);
}

/* ---- namespaces ---- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    return fd >= 0 && close(fd) == 0 && ok;
}

/* Who we are stays as it was; what we may do holds inside alone. */
static bool enter_namespaces(struct err *err)
{
    static const char doing[] = "making a namespace";
    char users[64], groups[64];

    snprintf(users, sizeof users, "%u %u 1\n", (unsigned)geteuid(), (unsigned)geteuid());
    snprintf(groups, sizeof groups, "%u %u 1\n", (unsigned)getegid(), (unsigned)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        !write_file("/proc/self/setgroups", "deny") ||
        !write_file("/proc/self/uid_map", users) || !write_file("/proc/self/gid_map", groups) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return failed(err, doing);
    return true;
}

/* ---- files of the system ---- */

static void put_hosts(struct buf *b, const struct scenario *s)
{
    char text[ADDRESS_TEXT_SIZE];

    buf_put_string(b, "127.0.0.1 localhost\n::1 localhost\n");
    for (size_t i = 0; i < s->net.n_hosts; i++)
        buf_printf(b, "%s %s\n", address_format(&s->net.hosts[i].address, text), s->net.hosts[i].name);
}

static void put_resolvers(struct buf *b, const struct scenario *s)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address a;

    for (size_t i = 0; i < s->n_resolvers; i++) {
        if (scenario_place_address(&a, s, SCENARIO_PLACE_RESOLVER + (enum scenario_place)i, FAMILY_IPV4))
            buf_printf(b, "nameserver %s\n", address_format(&a, text));
    }
}

/* Lays a text over a file of the system, by way of a folder that only we see. */
static bool lay_over(const char *folder, const char *file, const struct scenario *s,
                     void (*put)(struct buf *b, const struct scenario *s), struct err *err)
{
    static const char doing[] = "exchanging a file of the system";
    char path[PATH_SIZE];
    struct buf b;
    bool ok;

    buf_init(&b, FILE_MAX);
    put(&b, s);
    snprintf(path, sizeof path, "%s%s", folder, strrchr(file, '/'));
    ok = b.failed ? err_set(err, ERR_NOMEM, 0, doing)
                  : (write_file(path, buf_borrow(&b)) && mount(path, file, NULL, MS_BIND, NULL) == 0) ||
                        failed(err, doing);
    buf_done(&b);
    return ok;
}

/* An empty folder over every place that roots are known to lie in; one that there is not hides nothing. */
static bool hide_roots(struct err *err)
{
    static const char *const folders[] = { "/etc/ssl", "/etc/pki", "/usr/share/ca-certificates",
                                           "/usr/local/share/ca-certificates" };

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (mount("none", folders[i], "tmpfs", 0, "size=4k") != 0 && errno != ENOENT)
            return failed(err, "hiding the trusted roots");
    }
    return true;
}

static bool exchange_files(const struct scenario *s, struct err *err)
{
    char folder[] = "/tmp/smtpdx-practice-XXXXXX";
    bool ok;

    if (mkdtemp(folder) == NULL)
        return failed(err, "making a folder");
    ok = mount("none", folder, "tmpfs", 0, "size=64k") == 0 || failed(err, "mounting a folder");
    if (ok) {
        ok = lay_over(folder, "/etc/hosts", s, put_hosts, err) &&
             lay_over(folder, "/etc/resolv.conf", s, put_resolvers, err);
        umount2(folder, MNT_DETACH); /* the two files live on in their new places */
    }
    rmdir(folder);
    return ok && (!s->net.no_roots || hide_roots(err));
}

/* ---- the two sides ---- */

static bool open_device(int *ret, struct err *err)
{
    struct ifreq wish = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    snprintf(wish.ifr_name, sizeof wish.ifr_name, "%s", device);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &wish) == 0) {
        *ret = fd;
        return true;
    }
    failed(err, "making a network device");
    if (fd >= 0)
        close(fd);
    return false;
}

/* An address on one of the sides; a kernel without IPv6 does without. */
static bool add_address(struct rtnl *r, const struct address *a, uint8_t prefix_len)
{
    return rtnl_add_address(r, device, a, prefix_len) || errno == EEXIST ||
           (a->family == FAMILY_IPV6 && (errno == EOPNOTSUPP || errno == EACCES));
}

static bool add_far_addresses(struct rtnl *r, const struct scenario *s)
{
    struct address a;
    bool ok = true;

    for (enum scenario_place place = SCENARIO_PLACE_HOST; ok && place < SCENARIO_PLACE_COUNT; place++) {
        for (enum family family = FAMILY_IPV4; ok && family <= FAMILY_IPV6; family++)
            ok = !scenario_place_address(&a, s, place, family) ||
                 add_address(r, &a, family == FAMILY_IPV4 ? 32 : 128);
    }
    for (enum family family = FAMILY_IPV4; ok && family <= FAMILY_IPV6; family++)
        ok = rtnl_add_route(r, device, family, NULL) || family == FAMILY_IPV6;
    return ok;
}

static bool add_near_addresses(struct rtnl *r, const struct scenario *s)
{
    bool ok = true;

    for (enum family family = FAMILY_IPV4; ok && family <= FAMILY_IPV6; family++) {
        struct address a;

        ok = address_parse(&a, near_addresses[family]) &&
             add_address(r, &a, family == FAMILY_IPV4 ? NEAR_PREFIX_V4 : NEAR_PREFIX_V6);
        path_gateway(&a, PATH_NEAR, family);
        if (ok && !s->net.no_route[family])
            ok = rtnl_add_route(r, device, family, &a) || family == FAMILY_IPV6;
    }
    return ok;
}

/* What this machine itself refuses is a matter of its routing; the rest happens on the path. */
static bool add_local_refusals(struct rtnl *r, const struct scenario *s)
{
    bool ok = true;

    for (size_t i = 0; ok && i < s->net.n_blocks; i++) {
        const struct scenario_block *b = &s->net.blocks[i];

        for (enum family family = FAMILY_IPV4; ok && family <= FAMILY_IPV6; family++) {
            if (b->hop == 0 && b->kind == SCENARIO_BLOCK_REJECT && b->families[family])
                ok = rtnl_prohibit_port(r, family, b->port);
        }
    }
    return ok;
}

static bool set_up_side(const struct scenario *s, bool far, struct err *err)
{
    struct rtnl r;
    bool ok = rtnl_open(&r) && rtnl_set_up(&r, "lo") && rtnl_set_up(&r, device) &&
              (far ? add_far_addresses(&r, s) : add_near_addresses(&r, s) && add_local_refusals(&r, s));

    if (!ok)
        failed(err, "setting up a practice network");
    rtnl_close(&r);
    return ok;
}

bool world_new(struct world **ret, const struct scenario *s, struct err *err)
{
    struct world *w = calloc(1, sizeof *w);

    if (w == NULL)
        return err_set(err, ERR_NOMEM, 0, "making a practice network");
    w->scenario = s;
    w->far_device = -1;
    if (!enter_namespaces(err) || !exchange_files(s, err) || !open_device(&w->far_device, err) ||
        !set_up_side(s, true, err)) {
        world_free(w);
        return false;
    }
    *ret = w;
    return true;
}

bool world_cross(struct world *w, struct err *err)
{
    int devices[PATH_ENDS];

    if (unshare(CLONE_NEWNET) != 0)
        return failed(err, "making a namespace");
    if (!open_device(&devices[PATH_NEAR], err))
        return false;
    if (!set_up_side(w->scenario, false, err)) {
        close(devices[PATH_NEAR]);
        return false;
    }
    devices[PATH_FAR] = w->far_device;
    w->far_device = -1;
    return path_new(&w->path, w->scenario, devices, err);
}

struct world *world_free(struct world *w)
{
    if (w == NULL)
        return NULL;
    path_free(w->path);
    if (w->far_device >= 0)
        close(w->far_device);
    free(w);
    return NULL;
}

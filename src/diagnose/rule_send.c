/*
 * rule_send - why the test message is refused, and who is turned away at the door
 *
 * The reply decides (attempt.h). What is held against the address or the place
 * of this side may be said as early as the greeting, and is one finding there and
 * later.
 */
#include "diagnose/refusal.h"
#include "diagnose/rule.h"
#include "diagnose/trouble.h"

#include <inttypes.h>
#include <stdio.h>

/* {from}: who the message is from, as the server was told. */
static struct peer_text sender_of(const struct plan *plan)
{
    return plan->send_from != NULL ? peer_text_of(plan->send_from) : plan->user;
}

static void say_sender(struct draft *d, struct diagnosed *f, enum text_id text)
{
    struct because *b = draft_because(d, f, text, -1);

    say_peer(d, b, "from", sender_of(d->e->plan));
    say_peer(d, b, "user", d->e->plan->user);
}

void rule_send_auth_required(struct draft *d)
{
    refusal_raise(d, FINDING_SEND_AUTH_REQUIRED, TEXT_BECAUSE_SEND_AUTH_REQUIRED_REPLY);
}

void rule_send_sender_rejected(struct draft *d)
{
    struct diagnosed *f =
        refusal_raise(d, FINDING_SEND_SENDER_REJECTED, TEXT_BECAUSE_SEND_SENDER_REJECTED_REPLY);

    if (f == NULL)
        return;
    say_sender(d, f, d->e->errand->sign_in.accepted ? TEXT_BECAUSE_SEND_SENDER_REJECTED_SIGNED_IN
                                                    : TEXT_BECAUSE_SEND_SENDER_REJECTED_SENDER);
}

void rule_send_recipient_rejected(struct draft *d)
{
    struct diagnosed *f =
        refusal_raise(d, FINDING_SEND_RECIPIENT_REJECTED, TEXT_BECAUSE_SEND_RECIPIENT_REJECTED_REPLY);

    if (f != NULL && d->e->plan->send_to != NULL)
        say_peer(d, draft_because(d, f, TEXT_BECAUSE_SEND_RECIPIENT_REJECTED_RECIPIENT, -1), "to",
                 peer_text_of(d->e->plan->send_to));
}

void rule_send_relay_denied(struct draft *d)
{
    struct diagnosed *f = refusal_raise(d, FINDING_SEND_RELAY_DENIED, TEXT_BECAUSE_SEND_RELAY_DENIED_REPLY);

    if (f == NULL)
        return;
    draft_because(d, f, d->e->errand->sign_in.accepted ? TEXT_BECAUSE_SEND_RELAY_DENIED_SIGNED_IN
                                                       : TEXT_BECAUSE_SEND_RELAY_DENIED_ANONYMOUS,
                  -1);
}

void rule_send_quota_exceeded(struct draft *d)
{
    struct diagnosed *f = refusal_raise(d, FINDING_SEND_QUOTA_EXCEEDED, TEXT_BECAUSE_SEND_QUOTA_EXCEEDED_REPLY);

    if (f == NULL)
        return;
    switch (d->attempt.class) {
    case REPLY_CLASS_QUOTA_DAILY:
        draft_step_text(d, f, "wait", TEXT_VARIANT_WAIT_DAY);
        break;
    case REPLY_CLASS_QUOTA_RATE:
        draft_step_text(d, f, "wait", TEXT_VARIANT_WAIT_WHILE);
        break;
    case REPLY_CLASS_QUOTA_RECIPIENTS:
        draft_step_text(d, f, "wait", TEXT_VARIANT_WAIT_RECIPIENTS);
        break;
    default:
        break;
    }
}

void rule_send_temporary(struct draft *d)
{
    refusal_raise(d, FINDING_SEND_TEMPORARY, TEXT_BECAUSE_SEND_TEMPORARY_REPLY);
}

/* For the steps: "35.9 MB", or what is less in bytes. */
static void say_limit(struct draft *d, struct diagnosed *f, uint64_t bytes)
{
    static const uint64_t mega = 1000000;
    char text[32];

    if (bytes == 0)
        return;
    if (bytes < mega)
        snprintf(text, sizeof text, "%" PRIu64 " B", bytes);
    else
        snprintf(text, sizeof text, "%.1f MB", (double)bytes / (double)mega);
    draft_step_word(d, f, "limit", text);
}

/* How large the message is beside what the server takes. */
void rule_send_too_large(struct draft *d)
{
    struct diagnosed *f = refusal_raise(d, FINDING_SEND_TOO_LARGE,
                                        d->attempt.reply != NULL ? TEXT_BECAUSE_SEND_TOO_LARGE_REPLY
                                                                 : TEXT_BECAUSE_SEND_TOO_LARGE_TOLD);
    const struct sending *s = d->e->errand == NULL ? NULL : &d->e->errand->sending;
    struct because *b;

    if (f == NULL || s->size == 0)
        return;
    b = draft_because(d, f,
                      s->size_limit > 0 ? TEXT_BECAUSE_SEND_TOO_LARGE_LIMIT : TEXT_BECAUSE_SEND_TOO_LARGE_SIZE,
                      -1);
    say_limit(d, f, s->size_limit);
    say_number(b, "size", (int64_t)s->size);
    say_number(b, "limit", (int64_t)s->size_limit);
}

void rule_send_content_rejected(struct draft *d)
{
    refusal_raise(d, FINDING_SEND_CONTENT_REJECTED, TEXT_BECAUSE_SEND_CONTENT_REJECTED_REPLY);
}

void rule_send_rejected(struct draft *d)
{
    refusal_raise(d, FINDING_SEND_REJECTED, TEXT_BECAUSE_SEND_REJECTED_REPLY);
}

/* ---- at whatever stage ------------------------------------------------------ */

static enum text_id text_blocklisted(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SEND_BLOCKLISTED_REPLY;
}

void rule_send_blocklisted(struct draft *d)
{
    trouble_judge(d, TROUBLE_BLOCKLISTED, FINDING_SEND_BLOCKLISTED, text_blocklisted);
}

static enum text_id text_reverse_dns(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SEND_REVERSE_DNS_REPLY;
}

void rule_send_reverse_dns(struct draft *d)
{
    trouble_judge(d, TROUBLE_REVERSE_DNS, FINDING_SEND_REVERSE_DNS, text_reverse_dns);
}

static enum text_id text_location(const struct probe *p)
{
    (void)p;
    return TEXT_BECAUSE_SEND_LOCATION_BLOCKED_REPLY;
}

void rule_send_location_blocked(struct draft *d)
{
    trouble_judge(d, TROUBLE_LOCATION, FINDING_SEND_LOCATION_BLOCKED, text_location);
}

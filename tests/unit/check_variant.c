/*
 * What a step says of one provider and not of another, as the report shows it.
 */
#include "report/variant.h"

#include <string.h>

#include "diagnose/diagnose.h"
#include "evidence_builder.h"
#include "knowledge/finding.h"
#include "knowledge/step.h"
#include "report/advice.h"
#include "unit.h"

static bool put_plainly(struct buf *out, struct peer_text t, void *user)
{
    (void)user;
    return peer_text_escape(out, t, 0);
}

#define TENANT \
    "auth:reply:535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant"
#define BASIC "auth:reply:535 5.7.139 Authentication unsuccessful, basic authentication is disabled."
#define APP_PASSWORD "auth:reply:534 5.7.9 Application-specific password required"
#define RELAY_DENIED "rcpt:reply:554 5.7.1 Relay access denied"
#define DAILY "message:reply:550 5.4.5 Daily user sending limit exceeded"
#define MICROSOFT_DAILY "message:reply:554 5.2.2 mailbox submission quota exceeded"

static const struct variant_case {
    const char *says;
    const char *seen;
    enum finding_id primary;
    enum step_id step;
    const char *told; /* stands in the step */
    const char *not_told;
} variant_cases[] = {
    { "a token that was refused is not to be tried again",
      "provider office365; user a@b.c; token; 587s ok; errand 587s " TENANT,
      FINDING_AUTH_DISABLED, STEP_USE_OAUTH2, "nothing to do here", "Open the settings" },
    { "a password that was refused is", "provider office365; user a@b.c; 587s ok; errand 587s " BASIC,
      FINDING_AUTH_DISABLED, STEP_USE_OAUTH2, "choose OAuth2 as the way to sign in", "nothing to do" },
    { "the administrator allows it", "provider office365; user a@b.c; 587s ok; errand 587s " TENANT,
      FINDING_AUTH_DISABLED, STEP_ALLOW_MAIL_PROGRAMS, "Authenticated SMTP", "on the web" },
    { "nobody can allow it", "provider outlook; user a@b.c; 587s ok; errand 587s " BASIC,
      FINDING_AUTH_DISABLED, STEP_ALLOW_MAIL_PROGRAMS, "there is no such switch", "on the web" },
    { "iCloud has no OAuth2 for mail programs",
      "provider icloud; user a@icloud.com; 587s ok; errand 587s " APP_PASSWORD,
      FINDING_AUTH_APP_PASSWORD_REQUIRED, STEP_USE_OAUTH2, "does not offer it", "https://" },
    { "and its app passwords are made elsewhere than Google's",
      "provider icloud; user a@icloud.com; 587s ok; errand 587s " APP_PASSWORD,
      FINDING_AUTH_APP_PASSWORD_REQUIRED, STEP_USE_APP_PASSWORD, "https://account.apple.com", "google" },
    { "the usual password does not do at Gmail",
      "provider gmail; user a@gmail.com; 465i ok; errand 465i auth:reply:535 no",
      FINDING_AUTH_BAD_CREDENTIALS, STEP_SIGN_IN_AGAIN, "do the next step first", "If you are not sure" },
    { "what is an app password already is not held to be the usual one",
      "provider gmail; user a@gmail.com; form letters; 465i ok; errand 465i auth:reply:535 no",
      FINDING_AUTH_BAD_CREDENTIALS, STEP_SIGN_IN_AGAIN, "If you are not sure", "do the next step first" },
    { "at any other server the usual one does", "user a@example.com; 465i ok; errand 465i auth:reply:535 no",
      FINDING_AUTH_BAD_CREDENTIALS, STEP_SIGN_IN_AGAIN, "If you are not sure", "do the next step first" },
    { "the sign-in for sending is switched off",
      "send b@example.net a@example.com; 465i ok; errand 465i " RELAY_DENIED,
      FINDING_SEND_RELAY_DENIED, STEP_SWITCH_ON_SMTP_AUTH, "requires authentication", "has signed in" },
    { "or it is not", "user a@example.com; send b@example.net a@example.com; 465i ok; errand 465i " RELAY_DENIED,
      FINDING_SEND_RELAY_DENIED, STEP_SWITCH_ON_SMTP_AUTH, "The check has signed in", "often what is missing" },
    { "Google's relay is not everybody's",
      "send b@example.net a@example.com; 465i ok; errand 465i " RELAY_DENIED,
      FINDING_SEND_RELAY_DENIED, STEP_RELAY_ELIGIBILITY, "own customers", "smtp-relay.gmail.com" },
    { "Gmail's limit of a day", "provider gmail; user a@gmail.com; send b@c.d; 465i ok; errand 465i " DAILY,
      FINDING_SEND_QUOTA_EXCEEDED, STEP_RETRY_LATER, "24 hours", "30 minutes" },
    { "is in Gmail's numbers", "provider gmail; user a@gmail.com; send b@c.d; 465i ok; errand 465i " DAILY,
      FINDING_SEND_QUOTA_EXCEEDED, STEP_CHECK_QUOTA, "500 recipients", "Microsoft" },
    { "and Microsoft's in its own",
      "provider office365; user a@b.c; send b@c.d; 587s ok; errand 587s " MICROSOFT_DAILY,
      FINDING_SEND_QUOTA_EXCEEDED, STEP_CHECK_QUOTA, "10,000 recipients", "Gmail" },
};

START_TEST(a_step_says_what_is_true_here)
{
    const struct variant_case *c = &variant_cases[_i];
    struct evidence *e = evidence_built(c->seen);
    struct diagnosis *d = diagnose(e);
    const struct diagnosed *f;
    const struct finding *finding;
    struct advice advice;
    struct buf b;
    bool listed = false;

    ck_assert_int_eq(d->primary, 0);
    f = &d->findings[0];
    finding = finding_by_id((enum finding_id)f->finding);
    ck_assert_msg(f->finding == c->primary, "%s: %s", c->says, finding->id);
    for (size_t i = 0; i < finding->n_steps; i++)
        listed = listed || finding->steps[i] == c->step;
    ck_assert_msg(listed, "%s", c->says);
    buf_init(&b, 8192);
    ck_assert(advice_init(&advice, LANGUAGE_EN, e, d, f, put_plainly));
    ck_assert(phrase_put(&b, LANGUAGE_EN, step_by_id(c->step)->text, advice.arguments, advice.n, put_plainly, NULL));
    ck_assert_msg(strstr(buf_borrow(&b), c->told) != NULL, "%s: %s", c->says, buf_borrow(&b));
    ck_assert_msg(strstr(buf_borrow(&b), c->not_told) == NULL, "%s: %s", c->says, buf_borrow(&b));
    advice_done(&advice);
    buf_done(&b);
    diagnosis_free(d);
    evidence_free(e);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("variant");

    tcase_add_loop_test(tc, a_step_says_what_is_true_here, 0, sizeof variant_cases / sizeof variant_cases[0]);
    return unit_run("variant", &tc, 1);
}

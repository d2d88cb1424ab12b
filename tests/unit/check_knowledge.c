/*
 * The tables of data/ as the rooms above look things up in them. What the
 * build itself refuses is shown by tests/lint/check_data.py.
 */
#include "knowledge/finding.h"
#include "knowledge/interceptor.h"
#include "knowledge/port.h"
#include "knowledge/provider.h"
#include "knowledge/step.h"
#include "knowledge/text.h"
#include "knowledge/words.h"

#include <string.h>

#include "base/severity.h"
#include "base/tls_mode.h"

#include "unit.h"

START_TEST(every_finding_is_found_by_its_id_and_leads_to_steps)
{
    for (int i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
        const struct finding *f = finding_by_id((enum finding_id)i);

        ck_assert_int_eq(finding_lookup(f->id), i);
        ck_assert_uint_gt(f->n_steps, 0);
        for (size_t k = 0; k < f->n_steps; k++)
            ck_assert_uint_lt(f->steps[k], STEP_COUNT);
    }
    ck_assert_int_eq(finding_lookup("port.block"), FINDING_NONE);
    ck_assert_int_eq(finding_lookup(""), FINDING_NONE);
}
END_TEST

START_TEST(a_finding_that_rules_raise_has_all_its_texts_in_every_language)
{
    for (int i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
        const struct finding *f = finding_by_id((enum finding_id)i);

        if (f->planned)
            continue;
        ck_assert_msg(f->title != TEXT_NONE, "%s has no title", f->id);
        for (size_t k = 0; k < f->n_steps; k++) {
            const struct step *s = step_by_id(f->steps[k]);

            ck_assert_msg(s->title != TEXT_NONE, "%s of %s has no title", s->id, f->id);
            ck_assert_msg(s->text != TEXT_NONE, "%s of %s has no text", s->id, f->id);
        }
    }
}
END_TEST

START_TEST(a_finding_is_what_its_file_says)
{
    const struct finding *f = finding_by_id(FINDING_PORT_BLOCKED);

    ck_assert_str_eq(f->id, "port.blocked");
    ck_assert_str_eq(f->layer, "network");
    ck_assert_str_eq(severity_word(f->severity), "critical");
    ck_assert(!f->planned);
    ck_assert_uint_eq(f->n_steps, 2);
    ck_assert_int_eq(f->steps[0], STEP_CHANGE_PORT);
    ck_assert_int_eq(f->steps[1], STEP_OPEN_FIREWALL);
    ck_assert_str_eq(severity_word(finding_by_id(FINDING_PORT_25_BLOCKED)->severity), "info");
    ck_assert_str_eq(severity_word(finding_by_id(FINDING_NET_IPV6_BROKEN)->severity), "warning");
}
END_TEST

START_TEST(every_text_stands_in_every_language)
{
    for (int i = TEXT_NONE + 1; i < TEXT_COUNT; i++)
        for (int l = 0; l < LANGUAGE_COUNT; l++)
            ck_assert_msg(text((enum language)l, (enum text_id)i)[0] != '\0', "text %d, language %d", i, l);
    ck_assert_str_eq(text(LANGUAGE_EN, TEXT_NONE), "");
    ck_assert_str_eq(text(LANGUAGE_JA, TEXT_NONE), "");
    ck_assert_str_ne(text(LANGUAGE_JA, TEXT_FINDING_PORT_BLOCKED_TITLE),
                     text(LANGUAGE_EN, TEXT_FINDING_PORT_BLOCKED_TITLE));
}
END_TEST

START_TEST(steps_of_the_article_name_its_section_and_others_none)
{
    enum step_id id;

    for (int i = 0; i < STEP_COUNT; i++) {
        const struct step *s = step_by_id((enum step_id)i);

        ck_assert(step_lookup(&id, s->id));
        ck_assert_int_eq(id, i);
        ck_assert_int_eq(s->article_section != NULL, s->origin == STEP_ORIGIN_ARTICLE);
    }
    ck_assert_str_eq(step_origin_word(step_by_id(STEP_CHANGE_PORT)->origin), "article");
    ck_assert_str_eq(step_origin_word(step_by_id(STEP_OPEN_FIREWALL)->origin), "beyond");
    ck_assert(!step_lookup(&id, "change-ports"));
}
END_TEST

static const struct locale_case { const char *locale; enum language language; } locale_cases[] = {
    { "ja_JP.UTF-8", LANGUAGE_JA }, { "ja", LANGUAGE_JA }, { "ja@x", LANGUAGE_JA },
    { "ja.eucJP", LANGUAGE_JA },    { "C", LANGUAGE_EN },  { NULL, LANGUAGE_EN },
    { "", LANGUAGE_EN },            { "j", LANGUAGE_EN },  { "jam_JM", LANGUAGE_EN },
    { "de_DE", LANGUAGE_EN },
};

START_TEST(a_locale_tells_the_language)
{
    const struct locale_case *c = &locale_cases[_i];

    ck_assert_msg(language_of_locale(c->locale) == c->language, "%s", c->locale == NULL ? "NULL" : c->locale);
}
END_TEST

START_TEST(a_language_is_chosen_by_its_word_alone)
{
    enum language language = LANGUAGE_EN;

    ck_assert(language_parse(&language, "ja"));
    ck_assert_int_eq(language, LANGUAGE_JA);
    ck_assert_str_eq(language_word(language), "ja");
    ck_assert(!language_parse(&language, "jp"));
    ck_assert(!language_parse(&language, ""));
    ck_assert_int_eq(language, LANGUAGE_JA);
}
END_TEST

START_TEST(a_tls_mode_reads_as_it_is_written)
{
    enum tls_mode mode = TLS_MODE_NONE;

    for (int i = 0; i < TLS_MODE_COUNT; i++) {
        ck_assert(tls_mode_parse(&mode, tls_mode_word((enum tls_mode)i)));
        ck_assert_int_eq(mode, i);
    }
    ck_assert(!tls_mode_parse(&mode, "ssl"));
}
END_TEST

static const struct host_case { const char *host, *provider; } host_cases[] = {
    { "smtp.gmail.com", "gmail" },
    { "SMTP.Gmail.Com", "gmail" },
    { "smtp.googlemail.com", "gmail" },
    { "smtp-relay.gmail.com", "gmail-relay" },
    { "smtp.mail.me.com", "icloud" },
    { "example.sakura.ne.jp", "sakura" },
    { "sakura.ne.jp", NULL },
    { ".sakura.ne.jp", NULL },
    { "notsakura.ne.jp", NULL },
    { "smtp.gmail.com.", NULL },
    { "gmail.com", NULL },
    { "*.sakura.ne.jp.example", NULL },
    { "", NULL },
};

START_TEST(a_host_belongs_to_its_provider)
{
    const struct host_case *c = &host_cases[_i];
    const struct provider *p = provider_by_host(c->host);

    if (c->provider == NULL)
        ck_assert_msg(p == NULL, "%s", c->host);
    else
        ck_assert_msg(p != NULL && strcmp(p->id, c->provider) == 0, "%s", c->host);
}
END_TEST

static const struct host_case domain_cases[] = {
    { "gmail.com", "gmail" },       { "GMAIL.com", "gmail" },  { "yahoo.co.jp", "yahoo-japan" },
    { "yahoo.com", "yahoo" },       { "abc.plala.or.jp", "plala" }, { "plala.or.jp", NULL },
    { "docomo.ne.jp", "docomo" },   { "smtp.gmail.com", NULL }, { "example.org", NULL },
};

START_TEST(a_mail_domain_belongs_to_its_provider)
{
    const struct host_case *c = &domain_cases[_i];
    const struct provider *p = provider_by_mail_domain(c->host);

    if (c->provider == NULL)
        ck_assert_msg(p == NULL, "%s", c->host);
    else
        ck_assert_msg(p != NULL && strcmp(p->id, c->provider) == 0, "%s", c->host);
}
END_TEST

static const struct serves_case {
    const char *id, *host;
    uint16_t port;
    enum tls_mode tls;
    bool serves;
} serves_cases[] = {
    { "gmail", "smtp.gmail.com", 465, TLS_MODE_IMPLICIT, true },
    { "gmail", "smtp.gmail.com", 587, TLS_MODE_STARTTLS, true },
    { "gmail", "smtp.gmail.com", 465, TLS_MODE_STARTTLS, false },
    { "gmail", "smtp.gmail.com", 587, TLS_MODE_NONE, false },
    { "gmail", "smtp.gmail.com", 25, TLS_MODE_STARTTLS, false },
    { "icloud", "smtp.mail.me.com", 465, TLS_MODE_IMPLICIT, false },
    { "icloud", "smtp.mail.me.com", 587, TLS_MODE_STARTTLS, true },
    { "gmail-relay", "smtp-relay.gmail.com", 25, TLS_MODE_STARTTLS, true },
    { "gmail", "smtp-relay.gmail.com", 465, TLS_MODE_IMPLICIT, false },
    { "xserver", "sv1.xserver.jp", 465, TLS_MODE_IMPLICIT, true },
};

START_TEST(a_provider_serves_what_its_rows_say_and_nothing_else)
{
    const struct serves_case *c = &serves_cases[_i];

    ck_assert_msg(provider_serves(provider_by_id(c->id), c->host, c->port, c->tls) == c->serves,
                  "%s %s %u %s", c->id, c->host, c->port, tls_mode_word(c->tls));
}
END_TEST

START_TEST(every_provider_is_found_again_by_what_its_row_holds)
{
    ck_assert_uint_ge(provider_total(), 25);
    for (size_t i = 0; i < provider_total(); i++) {
        const struct provider *p = provider_at(i);

        ck_assert_ptr_eq(provider_by_id(p->id), p);
        for (size_t k = 0; k < p->n_hosts; k++)
            ck_assert_msg(provider_by_host(p->hosts[k].host) == p, "%s", p->hosts[k].host);
        for (size_t k = 0; k < p->n_domains; k++)
            ck_assert_msg(provider_by_mail_domain(p->domains[k]) == p, "%s", p->domains[k]);
        if (provider_main_host(p) != NULL)
            ck_assert_ptr_eq(provider_by_host(provider_main_host(p)), p);
    }
    ck_assert_ptr_null(provider_by_id("gmai"));
    ck_assert_str_eq(provider_main_host(provider_by_id("gmail")), "smtp.gmail.com");
    ck_assert_ptr_null(provider_main_host(provider_by_id("sakura")));
}
END_TEST

START_TEST(ports_of_other_services_are_known_and_those_of_sending_are_none)
{
    static const uint16_t sending[] = { 25, 465, 587, 2525 };

    ck_assert_str_eq(port_service(993)->name, "imaps");
    ck_assert_str_eq(port_service(110)->name, "pop3");
    ck_assert_int_eq(port_service(443)->what, TEXT_PORT_HTTPS);
    for (size_t i = 0; i < sizeof sending / sizeof *sending; i++)
        ck_assert_ptr_null(port_service(sending[i]));
}
END_TEST

static const struct issuer_case {
    const char *issuer;
    const char *product; /* NULL: none */
    enum interceptor_kind kind;
} issuer_cases[] = {
    { "CN=Avast Web/Mail Shield Root,OU=generated by Avast Antivirus for SSL/TLS scanning,O=Avast Web/Mail Shield",
      "Avast", INTERCEPTOR_COMPUTER },
    { "CN=AVAST! WEB/MAIL SHIELD ROOT", "Avast", INTERCEPTOR_COMPUTER },
    { "CN=Bitdefender Personal CA.Net-Defender,OU=IDS,O=Bitdefender,C=US", "Bitdefender", INTERCEPTOR_COMPUTER },
    { "CN=something new,O=AO Kaspersky Lab", "Kaspersky", INTERCEPTOR_COMPUTER },
    { "O=ESET\\, spol. s r. o.,CN=ESET SSL Filter CA,C=SK", "ESET", INTERCEPTOR_COMPUTER },
    { "CN=Adguard Personal CA,O=Adguard", "AdGuard", INTERCEPTOR_COMPUTER },
    { "CN=FGT60F0000000000,OU=Certificate Authority,O=Fortinet", "Fortinet FortiGate", INTERCEPTOR_NETWORK },
    { "CN=Zscaler Intermediate Root CA (zscalerthree.net),OU=Zscaler Inc.,O=Zscaler Inc.", "Zscaler",
      INTERCEPTOR_NETWORK },
    { "CN=mitmproxy,O=mitmproxy", "mitmproxy", INTERCEPTOR_DEBUGGER },
    { "CN=127.0.0.1,OU=Proton Mail,O=Proton AG,C=CH", "Proton Mail Bridge", INTERCEPTOR_HELPER },
    { "CN=localhost", "stunnel", INTERCEPTOR_HELPER },
    { "CN=support,OU=FortiMail,O=Fortinet", NULL, 0 },          /* a mail server of the same house */
    { "CN=a FortiGate CA", NULL, 0 },
    { "CN=Avast Web/Mail Shield Roots", NULL, 0 },
    { "O=Avast Web/Mail Shield Root", NULL, 0 },                /* it is the CN that is called so */
    { "CN=mail.example\\,O=Zscaler Inc.", NULL, 0 },          /* all of it is the CN */
    { "CN=R11,O=Let's Encrypt,C=US", NULL, 0 },
    { "", NULL, 0 },
};

START_TEST(what_opens_connections_is_known_by_its_issuer)
{
    const struct issuer_case *c = &issuer_cases[_i];
    const struct interceptor *x = interceptor_by_issuer(peer_text_of(c->issuer));

    ck_assert_msg((x == NULL) == (c->product == NULL), "%s", c->issuer);
    if (x == NULL)
        return;
    ck_assert_str_eq(x->product, c->product);
    ck_assert_int_eq(x->kind, c->kind);
}
END_TEST

START_TEST(an_authority_for_the_public_is_known_by_its_organisation)
{
    static const char *const yes[] = { "CN=WR2,O=Google Trust Services,C=US", "O=DigiCert Inc",
                                       "CN=GTS Root R1,O=Google Trust Services LLC,C=US",
                                       "CN=Security Communication RootCA2,O=SECOM Trust Systems CO.\\,LTD.,C=JP" };
    static const char *const no[] = { "CN=DigiCert Inc", "O=DigiCert", "O=My Company", "CN=localhost", "" };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        ck_assert_msg(interceptor_is_public_issuer(peer_text_of(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        ck_assert_msg(!interceptor_is_public_issuer(peer_text_of(no[i])), "%s", no[i]);
}
END_TEST

START_TEST(a_private_ending_is_a_whole_label)
{
    ck_assert(words_end(WORDS_PRIVATE_ENDINGS, "pc.local"));
    ck_assert(words_end(WORDS_PRIVATE_ENDINGS, "local"));
    ck_assert(words_end(WORDS_PRIVATE_ENDINGS, "pc.home.ARPA"));
    ck_assert(!words_end(WORDS_PRIVATE_ENDINGS, "pc.notlocal"));
    ck_assert(!words_end(WORDS_PRIVATE_ENDINGS, "pc.local.example.com"));
    ck_assert(!words_end(WORDS_PRIVATE_ENDINGS, "arpa"));
    ck_assert(!words_end(WORDS_PRIVATE_ENDINGS, ""));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("knowledge");

    tcase_add_test(t, every_finding_is_found_by_its_id_and_leads_to_steps);
    tcase_add_test(t, a_finding_that_rules_raise_has_all_its_texts_in_every_language);
    tcase_add_test(t, a_finding_is_what_its_file_says);
    tcase_add_test(t, every_text_stands_in_every_language);
    tcase_add_test(t, steps_of_the_article_name_its_section_and_others_none);
    tcase_add_loop_test(t, a_locale_tells_the_language, 0, sizeof locale_cases / sizeof *locale_cases);
    tcase_add_test(t, a_language_is_chosen_by_its_word_alone);
    tcase_add_test(t, a_tls_mode_reads_as_it_is_written);
    tcase_add_loop_test(t, a_host_belongs_to_its_provider, 0, sizeof host_cases / sizeof *host_cases);
    tcase_add_loop_test(t, a_mail_domain_belongs_to_its_provider, 0,
                        sizeof domain_cases / sizeof *domain_cases);
    tcase_add_loop_test(t, a_provider_serves_what_its_rows_say_and_nothing_else, 0,
                        sizeof serves_cases / sizeof *serves_cases);
    tcase_add_test(t, every_provider_is_found_again_by_what_its_row_holds);
    tcase_add_test(t, ports_of_other_services_are_known_and_those_of_sending_are_none);
    tcase_add_loop_test(t, what_opens_connections_is_known_by_its_issuer, 0,
                        sizeof issuer_cases / sizeof *issuer_cases);
    tcase_add_test(t, an_authority_for_the_public_is_known_by_its_organisation);
    tcase_add_test(t, a_private_ending_is_a_whole_label);
    return unit_run("knowledge", &t, 1);
}

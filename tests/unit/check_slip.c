#include "input/slip.h"

#include <string.h>

#include "knowledge/known_host.h"
#include "knowledge/provider.h"
#include "unit.h"

static const struct slip_case {
    const char *says, *typed;
    enum name_slip kind;
    const char *meant;
    size_t at, n;
} slip_cases[] = {
    { "letters exchanged in the first label", "smpt.gmail.com", SLIP_EXCHANGED, "smtp.gmail.com", 2, 2 },
    { "letters exchanged in the middle", "smtp.gmial.com", SLIP_EXCHANGED, "smtp.gmail.com", 7, 2 },
    { "letters exchanged at the very front", "mstp.gmail.com", SLIP_EXCHANGED, "smtp.gmail.com", 0, 2 },
    { "a comma for a dot", "smtp.gmail,com", SLIP_DOT, "smtp.gmail.com", 10, 1 },
    { "a hyphen for a dot", "smtp-gmail.com", SLIP_DOT, "smtp.gmail.com", 4, 1 },
    { "a dot left out: joined labels", "smtpgmail.com", SLIP_DOT, "smtp.gmail.com", 4, 0 },
    { "a dot left out in front of the ending", "smtp.gmailcom", SLIP_DOT, "smtp.gmail.com", 10, 0 },
    { "a dot too many", "smtp.office.365.com", SLIP_DOT, "smtp.office365.com", 11, 1 },
    { "two dots", "smtp..gmail.com", SLIP_DOT, "smtp.gmail.com", 5, 1 },
    { "a dot for a hyphen", "smtp.mail.outlook.com", SLIP_DOT, "smtp-mail.outlook.com", 4, 1 },
    { "no dot at all", "smtpgmailcom", SLIP_SEVERAL, "smtp.gmail.com", 4, 5 },
    { "two commas", "smtp,gmail,com", SLIP_SEVERAL, "smtp.gmail.com", 4, 7 },
    { "a wrong ending: con", "smtp.gmail.con", SLIP_ENDING, "smtp.gmail.com", 13, 1 },
    { "a wrong ending: cmo", "smtp.gmail.cmo", SLIP_ENDING, "smtp.gmail.com", 12, 2 },
    { "a wrong ending: co", "smtp.gmail.co", SLIP_ENDING, "smtp.gmail.com", 13, 0 },
    { "a wrong ending: comm", "smtp.gmail.comm", SLIP_ENDING, "smtp.gmail.com", 14, 1 },
    { "an ending of a country turned round", "smtp.mail.yahoo.co.pj", SLIP_ENDING, "smtp.mail.yahoo.co.jp", 19, 2 },
    { "a letter left out", "smtp.gmal.com", SLIP_MISSING, "smtp.gmail.com", 8, 0 },
    { "a letter too many", "smtp.gmaiil.com", SLIP_EXTRA, "smtp.gmail.com", 9, 1 },
    { "a letter twice", "smtp.gmaill.com", SLIP_EXTRA, "smtp.gmail.com", 10, 1 },
    { "the key beside", "smtp.gnail.com", SLIP_LETTER, "smtp.gmail.com", 6, 1 },
    { "a digit that looks like the letter", "smtp.gmai1.com", SLIP_LETTER, "smtp.gmail.com", 9, 1 },
    { "two likely steps", "smpt.gmial.com", SLIP_SEVERAL, "smtp.gmail.com", 2, 7 },
    { "labels exchanged", "gmail.smtp.com", SLIP_LABELS, "smtp.gmail.com", 0, 10 },
    { "a server for reading, with a slip: the one for sending is meant", "imap.gmial.com", SLIP_EXCHANGED,
      "smtp.gmail.com", 7, 2 },
    { "yahoo.com with the ending of Japan", "smtp.mail.yahoo.com.jp", SLIP_EXTRA, "smtp.mail.yahoo.co.jp", 18, 1 },
    { "two letters that look like one", "smtp.grnail.com", SLIP_LETTER, "smtp.gmail.com", 6, 2 },
    { "net for com", "smtp.gmail.net", SLIP_ENDING, "smtp.gmail.com", 11, 3 },
    { "an ending that no country has", "smtp.web.dd", SLIP_ENDING, "smtp.web.de", 10, 1 },
    { "hyphens for all dots but one", "smtp-mail-yahoo-co.jp", SLIP_SEVERAL, "smtp.mail.yahoo.co.jp", 4, 12 },
    { "no dot in a long name", "smtpmailyahoocojp", SLIP_SEVERAL, "smtp.mail.yahoo.co.jp", 4, 11 },
    { "a server that is no provider's", "smtp.strto.de", SLIP_MISSING, "smtp.strato.de", 8, 0 },
};

START_TEST(a_slip_is_found_with_its_place_and_its_kind)
{
    const struct slip_case *c = &slip_cases[_i];
    struct slip s;

    ck_assert_msg(slip_find(&s, c->typed), "%s", c->says);
    ck_assert_msg(strcmp(s.meant, c->meant) == 0, "%s: %s", c->says, s.meant);
    ck_assert_msg(s.kind == c->kind, "%s: %s", c->says, name_slip_word(s.kind));
    ck_assert_msg(s.at == c->at && s.n == c->n, "%s: %zu characters at %zu", c->says, s.n, s.at);
}
END_TEST

static const struct other_case {
    const char *says, *typed;
} other_cases[] = {
    { "a name that is close to none", "mail.example.com" },
    { "one label", "localhost" },
    { "a word in place of another word, under another ending", "smtp.mail.org" },
    { "a mail domain of another provider", "smtp.ymail.com" },
    { "a mail domain of the same one", "smtp.email.com" },
    { "two steps in a short label", "smtp.ttmail.com" },
    { "nothing", "" },
    { "the provider of another country", "smtp.ionos.at" },
    { "the same in a domain of a country", "smtp.zoho.com.cn" },
    { "another ending that exists", "mail.gmx.de" },
    { "three letters of another company", "smtp.gol.com" },
    { "another first label", "mail.gmail.com" },
    { "another domain of as many letters", "smtp.yahoo.com" },
    { "too far for one slip", "smtp.gxxxl.com" },
    { "a mail server that merely looks alike", "smtp.googlemail.com" },
    { "one of a series of names", "gmail.mail.plala.or.jp" },
    { "a name that a hoster gives to a customer", "smtp.sakura.ne.jp" },
};

START_TEST(a_name_of_its_own_is_no_slip)
{
    struct slip s;

    ck_assert_msg(!slip_find(&s, other_cases[_i].typed), "%s", other_cases[_i].says);
}
END_TEST

START_TEST(no_server_that_exists_is_a_slip_of_another)
{
    struct slip s;

    ck_assert_uint_ge(known_host_total(), 300);
    for (size_t i = 0; i < known_host_total(); i++)
        ck_assert_msg(!slip_find(&s, known_host_at(i)), "%s", known_host_at(i));
    for (size_t i = 0; i < other_host_total(); i++)
        ck_assert_msg(!slip_find(&s, other_host_at(i)->host), "%s", other_host_at(i)->host);
    for (size_t i = 0; i < provider_total(); i++) {
        for (size_t k = 0; k < provider_at(i)->n_hosts; k++)
            ck_assert_msg(!slip_find(&s, provider_at(i)->hosts[k].host), "%s", provider_at(i)->hosts[k].host);
    }
}
END_TEST

/* Whatever two letters of a long name change places, it is known again. */
START_TEST(any_two_letters_of_a_name_may_change_places)
{
    for (size_t i = 0; i < provider_total(); i++) {
        const char *host = provider_at(i)->hosts[0].host;
        char typed[64];
        struct slip s;

        for (size_t k = 0; host[0] != '*' && strlen(host) >= 12 && k + 1 < strlen(host); k++) {
            strcpy(typed, host);
            typed[k] = host[k + 1];
            typed[k + 1] = host[k];
            if (typed[k] == typed[k + 1] || known_host_is(typed))
                continue;
            ck_assert_msg(slip_find(&s, typed) && strcmp(s.of, host) == 0, "%s", typed);
        }
    }
}
END_TEST

static const struct domain_case {
    const char *typed;
    const char *of, *meant; /* NULL: it is no slip */
} domain_cases[] = {
    { "gmial.com", "gmail.com", "smtp.gmail.com" },
    { "gnail.com", "gmail.com", "smtp.gmail.com" },
    { "gmail.con", "gmail.com", "smtp.gmail.com" },
    { "gmail..com", "gmail.com", "smtp.gmail.com" },
    { "gmail,com", "gmail.com", "smtp.gmail.com" },
    { "hotmial.com", "hotmail.com", "smtp-mail.outlook.com" },
    { "yaho.com", "yahoo.com", "smtp.mail.yahoo.com" },
    { "gmail.com", NULL, NULL },
    { "smtp.gmail.com", NULL, NULL },
    { "love.com", NULL, NULL },
    { "aok.com", NULL, NULL },
    { "example.org", NULL, NULL },
    { "mail.example", NULL, NULL },
    { "", NULL, NULL },
};

START_TEST(a_slip_in_a_mail_domain_leads_to_the_server_of_its_provider)
{
    const struct domain_case *c = &domain_cases[_i];
    struct slip s = { .kind = SLIP_NONE };
    bool found = slip_find_domain(&s, c->typed);

    ck_assert_msg(found == (c->of != NULL), "%s: %s", c->typed, found ? s.of : "nothing");
    if (!found)
        return;
    ck_assert_str_eq(s.of, c->of);
    ck_assert_str_eq(s.meant, c->meant);
    ck_assert_int_ne(s.kind, SLIP_NONE);
}
END_TEST

/* Whoever has a server of his own has mail addresses in its domain. */
START_TEST(no_domain_of_a_server_that_exists_is_a_slip_of_another)
{
    struct slip s;

    for (size_t i = 0; i < known_host_total(); i++) {
        const char *domain = strchr(known_host_at(i), '.') + 1;

        ck_assert_msg(!slip_find_domain(&s, domain), "%s is taken for %s", domain, s.of);
    }
    for (size_t i = 0; i < provider_total(); i++) {
        for (size_t k = 0; k < provider_at(i)->n_domains; k++)
            ck_assert_msg(!slip_find_domain(&s, provider_at(i)->domains[k]), "%s", provider_at(i)->domains[k]);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("slip");

    tcase_add_loop_test(t, a_slip_is_found_with_its_place_and_its_kind, 0, sizeof slip_cases / sizeof slip_cases[0]);
    tcase_add_loop_test(t, a_name_of_its_own_is_no_slip, 0, sizeof other_cases / sizeof other_cases[0]);
    tcase_add_test(t, no_server_that_exists_is_a_slip_of_another);
    tcase_add_test(t, any_two_letters_of_a_name_may_change_places);
    tcase_add_loop_test(t, a_slip_in_a_mail_domain_leads_to_the_server_of_its_provider, 0,
                        sizeof domain_cases / sizeof domain_cases[0]);
    tcase_add_test(t, no_domain_of_a_server_that_exists_is_a_slip_of_another);
    return unit_run("slip", &t, 1);
}

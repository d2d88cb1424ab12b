#include "input/target.h"

#include <string.h>

#include "input/plan_option.h"
#include "unit.h"

/* A label of 63 octets, the most that DNS knows. */
#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz"

/* What a target becomes. host NULL: none. mode -1: none asked for. flaw -1: no note. */
static const struct target_case {
    const char *says, *typed, *host;
    int port, mode, flaw;
    size_t column;
    const char *provider, *suggestion;
} target_cases[] = {
    { "a name", "mail.example.com", "mail.example.com", 0, -1, -1, 0, NULL, NULL },
    { "a provider's name", "smtp.gmail.com", "smtp.gmail.com", 0, -1, -1, 0, "gmail", NULL },
    { "capitals are lowered, and no suggestion is made of it", "SMTP.Gmail.COM", "smtp.gmail.com", 0, -1, -1, 0,
      "gmail", NULL },
    { "the final dot goes", "smtp.gmail.com.", "smtp.gmail.com", 0, -1, -1, 0, "gmail", NULL },
    { "the final dot goes in front of a port", "smtp.gmail.com.:465", "smtp.gmail.com", 465, -1, -1, 0, "gmail",
      NULL },
    { "one label", "localhost", "localhost", 0, -1, -1, 0, NULL, NULL },
    { "an underscore is let through", "_dmarc.mail_1.example", "_dmarc.mail_1.example", 0, -1, -1, 0, NULL, NULL },
    { "a name and a port", "mail.example:2525", "mail.example", 2525, -1, -1, 0, NULL, NULL },
    { "the lowest port", "mail.example:1", "mail.example", 1, -1, -1, 0, NULL, NULL },
    { "the highest port", "mail.example:65535", "mail.example", 65535, -1, -1, 0, NULL, NULL },
    { "a label of 63 octets", LABEL_63 ".example", LABEL_63 ".example", 0, -1, -1, 0, NULL, NULL },
    { "a name of 253 octets", LABEL_63 "." LABEL_63 "." LABEL_63 "." "0123456789012345678901234567890123456789012345678901234567890",
      LABEL_63 "." LABEL_63 "." LABEL_63 "." "0123456789012345678901234567890123456789012345678901234567890", 0, -1,
      -1, 0, NULL, NULL },

    { "an IPv4 address", "192.0.2.1", "192.0.2.1", 0, -1, -1, 0, NULL, NULL },
    { "an IPv4 address and a port", "192.0.2.1:25", "192.0.2.1", 25, -1, -1, 0, NULL, NULL },
    { "a bare IPv6 address", "2001:DB8:0::1", "2001:db8::1", 0, -1, -1, 0, NULL, NULL },
    { "an IPv6 address in brackets", "[2001:db8::1]", "2001:db8::1", 0, -1, -1, 0, NULL, NULL },
    { "an IPv6 address and a port", "[2001:db8::1]:587", "2001:db8::1", 587, -1, -1, 0, NULL, NULL },
    { "an IPv4 address inside IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.1", 0, -1, -1, 0, NULL, NULL },

    { "a provider's id", "gmail", "smtp.gmail.com", 0, -1, -1, 0, "gmail", NULL },
    { "a provider's id in capitals", "Gmail", "smtp.gmail.com", 0, -1, -1, 0, "gmail", NULL },
    { "another id of the same provider", "gmail-relay", "smtp-relay.gmail.com", 0, -1, -1, 0, "gmail-relay", NULL },
    { "a mail address of a listed provider", "someone@gmail.com", "smtp.gmail.com", 0, -1, -1, 0, "gmail", NULL },
    { "the domain of a mail address has no case", "Some.One@GMAIL.com", "smtp.gmail.com", 0, -1, -1, 0, "gmail",
      NULL },
    { "a mail address with two at signs: the last counts", "\"a@b\"@googlemail.com", "smtp.gmail.com", 0, -1, -1, 0,
      "gmail", NULL },

    { "smtp:// is 587 with STARTTLS", "smtp://mail.example", "mail.example", 587, TLS_MODE_STARTTLS, -1, 0, NULL,
      NULL },
    { "smtp:// with a port", "smtp://mail.example:2525", "mail.example", 2525, TLS_MODE_STARTTLS, -1, 0, NULL,
      NULL },
    { "smtp:// with the port of implicit TLS asks for no mode", "smtp://mail.example:465", "mail.example", 465, -1,
      -1, 0, NULL, NULL },
    { "smtps:// is 465 with implicit TLS", "smtps://mail.example", "mail.example", 465, TLS_MODE_IMPLICIT, -1, 0,
      NULL, NULL },
    { "smtps:// with a port stays implicit", "smtps://mail.example:587", "mail.example", 587, TLS_MODE_IMPLICIT, -1,
      0, NULL, NULL },
    { "submission:// is 587 with STARTTLS", "submission://mail.example", "mail.example", 587, TLS_MODE_STARTTLS, -1,
      0, NULL, NULL },
    { "a scheme has no case", "SMTPS://Mail.Example", "mail.example", 465, TLS_MODE_IMPLICIT, -1, 0, NULL, NULL },
    { "a bare slash behind a URL", "smtp://mail.example/", "mail.example", 587, TLS_MODE_STARTTLS, -1, 0, NULL,
      NULL },
    { "a bare slash behind a URL with a port", "smtps://mail.example:465/", "mail.example", 465, TLS_MODE_IMPLICIT,
      -1, 0, NULL, NULL },
    { "a URL of an IPv6 address", "smtp://[2001:db8::1]:25", "2001:db8::1", 25, TLS_MODE_STARTTLS, -1, 0, NULL,
      NULL },

    { "a foreign name becomes its A-label, and no suggestion is made of it", "m\xc3\xbcnchen.example",
      "xn--mnchen-3ya.example", 0, -1, -1, 0, NULL, NULL },
    { "an umlaut in two characters is the same name (NFC)", "mu\xcc\x88nchen.example", "xn--mnchen-3ya.example", 0,
      -1, -1, 0, NULL, NULL },
    { "a sharp s stays one (nontransitional)", "stra\xc3\x9f" "e.example", "xn--strae-oqa.example", 0, -1, -1, 0,
      NULL, NULL },
    { "a Japanese name", "\xe6\x97\xa5\xe6\x9c\xac.example:587", "xn--wgv71a.example", 587, -1, -1, 0, NULL, NULL },
    { "an A-label is taken as it is", "XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example", 0, -1, -1, 0, NULL, NULL },
    { "full-width letters: the name that is meant is told", "\xef\xbd\x93\xef\xbd\x8d\xef\xbd\x94\xef\xbd\x90.gmail.com",
      "smtp.gmail.com", 0, -1, INPUT_FLAW_CONFUSABLE, 1, "gmail", "smtp.gmail.com" },
    { "an ideographic full stop: the name that is meant is told", "smtp\xe3\x80\x82gmail.com", "smtp.gmail.com", 0,
      -1, INPUT_FLAW_CONFUSABLE, 5, "gmail", "smtp.gmail.com" },
    { "a half-width ideographic full stop", "mail\xef\xbd\xa1" "example", "mail.example", 0, -1,
      INPUT_FLAW_CONFUSABLE, 5, NULL, "mail.example" },
    { "a full-width full stop behind all of it", "mail.example\xef\xbc\x8e", "mail.example", 0, -1,
      INPUT_FLAW_CONFUSABLE, 13, NULL, "mail.example" },
    { "full-width digits of an address", "\xef\xbc\x91" "92.0.2.1", "192.0.2.1", 0, -1, INPUT_FLAW_CONFUSABLE, 1,
      NULL, "192.0.2.1" },
    { "a full-width colon", "smtp.gmail.com\xef\xbc\x9a" "587", "smtp.gmail.com", 587, -1, INPUT_FLAW_CONFUSABLE, 15,
      "gmail", "smtp.gmail.com" },
    { "a full-width at sign", "me\xef\xbc\xa0gmail.com", "smtp.gmail.com", 0, -1, INPUT_FLAW_CONFUSABLE, 3, "gmail",
      "smtp.gmail.com" },
    { "a Cyrillic letter beside Latin ones", "m\xd0\xb0il.example", "mail.example", 0, -1, INPUT_FLAW_CONFUSABLE, 2,
      NULL, "mail.example" },
    { "a Greek letter beside Latin ones", "smtp.gmail.c\xce\xbfm", "smtp.gmail.com", 0, -1, INPUT_FLAW_CONFUSABLE, 13,
      "gmail", "smtp.gmail.com" },
    { "a hyphen that does not break", "smtp\xe2\x80\x91mail.outlook.com", "smtp-mail.outlook.com", 0, -1,
      INPUT_FLAW_CONFUSABLE, 5, "outlook", "smtp-mail.outlook.com" },
    { "a label all Cyrillic that looks like a known server's", "\xd1\x95\xd0\xbc\xd1\x82\xd1\x80.gmail.com",
      "smtp.gmail.com", 0, -1, INPUT_FLAW_CONFUSABLE, 1, "gmail", "smtp.gmail.com" },
    { "a letter with a mark in a known server's name", "smtp.gm\xc3\xa1il.com", "smtp.gmail.com", 0, -1,
      INPUT_FLAW_CONFUSABLE, 8, "gmail", "smtp.gmail.com" },
    { "a dotless i in a known server's name", "smtp.gma\xc4\xb1l.com", "smtp.gmail.com", 0, -1, INPUT_FLAW_CONFUSABLE,
      9, "gmail", "smtp.gmail.com" },
    { "a label all Cyrillic is a name of its own, whatever it looks like", "\xd1\x81\xd0\xbe\xd1\x81\xd0\xbe.example",
      "xn--n1aahb.example", 0, -1, -1, 0, NULL, NULL },
    { "Cyrillic letters that look like nothing else, beside Latin ones", "\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0mail.example",
      "xn--mail-43d7fgz8b.example", 0, -1, -1, 0, NULL, NULL },
    { "a Turkish name", "k\xc4\xb1z\xc4\xb1lay.example", "xn--kzlay-n4ab.example", 0, -1, -1, 0, NULL, NULL },
    { "a Japanese name with Latin letters", "\xe6\x97\xa5\xe6\x9c\xac" "net.example", "xn--net-s08fl0d.example", 0,
      -1, -1, 0, NULL, NULL },

    { "a blank in front", " smtp.gmail.com", "smtp.gmail.com", 0, -1, INPUT_FLAW_WHITESPACE, 1, "gmail",
      "smtp.gmail.com" },
    { "a zero-width space inside", "smtp.\xe2\x80\x8bgmail.com", "smtp.gmail.com", 0, -1, INPUT_FLAW_WHITESPACE, 6,
      "gmail", "smtp.gmail.com" },
    { "a line end behind", "smtp.gmail.com\r\n", "smtp.gmail.com", 0, -1, INPUT_FLAW_WHITESPACE, 15, "gmail",
      "smtp.gmail.com" },
    { "a blank in front of the port", "smtp.gmail.com :587", "smtp.gmail.com", 587, -1, INPUT_FLAW_WHITESPACE, 15,
      "gmail", "smtp.gmail.com" },
    { "a blank in a URL", "smtps:// smtp.gmail.com", "smtp.gmail.com", 465, TLS_MODE_IMPLICIT,
      INPUT_FLAW_WHITESPACE, 9, "gmail", "smtp.gmail.com" },
    { "a blank behind an address", "192.0.2.1 ", "192.0.2.1", 0, -1, INPUT_FLAW_WHITESPACE, 10, NULL, "192.0.2.1" },
    { "a blank behind a provider's id", "gmail ", "smtp.gmail.com", 0, -1, INPUT_FLAW_WHITESPACE, 6, "gmail",
      "smtp.gmail.com" },

    { "port 0", "mail.example:0", "mail.example", 0, -1, INPUT_FLAW_PORT, 14, NULL, NULL },
    { "a port past the last", "mail.example:70000", "mail.example", 0, -1, INPUT_FLAW_PORT, 14, NULL, NULL },
    { "a port of letters", "mail.example:abc", "mail.example", 0, -1, INPUT_FLAW_PORT, 14, NULL, NULL },
    { "a port that is missing", "mail.example:", "mail.example", 0, -1, INPUT_FLAW_PORT, 14, NULL, NULL },
    { "a port with a sign", "mail.example:+25", "mail.example", 0, -1, INPUT_FLAW_PORT, 14, NULL, NULL },
    { "a bad port behind brackets", "[2001:db8::1]:0", "2001:db8::1", 0, -1, INPUT_FLAW_PORT, 15, NULL, NULL },
    { "a bad port in a URL: the scheme's own is not taken for it", "smtp://mail.example:0", "mail.example", 0,
      TLS_MODE_STARTTLS, INPUT_FLAW_PORT, 21, NULL, NULL },
    { "a bad port in a foreign name: columns are characters", "m\xc3\xbc.example:0", "xn--m-eha.example", 0, -1,
      INPUT_FLAW_PORT, 12, NULL, NULL },

    { "nothing", "", NULL, 0, -1, INPUT_FLAW_EMPTY, 0, NULL, NULL },
    { "a port alone", ":587", NULL, 587, -1, INPUT_FLAW_EMPTY, 0, NULL, NULL },
    { "a scheme alone", "smtp://", NULL, 587, TLS_MODE_STARTTLS, INPUT_FLAW_EMPTY, 0, NULL, NULL },
    { "a dot alone", ".", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 1, NULL, NULL },
    { "a dot in front", ".mail.example", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 1, NULL, NULL },
    { "two dots inside", "mail..example", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 6, NULL, NULL },
    { "two dots inside a known name", "smtp..gmail.com", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 6, NULL,
      "smtp.gmail.com" },
    { "two dots behind", "mail.example..", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 14, NULL, NULL },
    { "a label of 64 octets", "mail." LABEL_63 "x.example", NULL, 0, -1, INPUT_FLAW_LONG_LABEL, 6, NULL, NULL },
    { "a foreign label that is too long as an A-label",
      "\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe5\xad\x97\xe4\xb8\x80"
      "\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81"
      "\xe6\x9c\x88\xe7\x81\xab\xe6\xb0\xb4\xe6\x9c\xa8\xe9\x87\x91\xe5\x9c\x9f\xe5\xb1\xb1\xe5\xb7\x9d.example",
      NULL, 0, -1, INPUT_FLAW_LONG_LABEL, 1, NULL, NULL },
    { "a name of 254 octets", LABEL_63 "." LABEL_63 "." LABEL_63 "." "01234567890123456789012345678901234567890123456789012345678901",
      NULL, 0, -1, INPUT_FLAW_LONG_NAME, 1, NULL, NULL },
    { "a comma", "mail,example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 5, NULL, NULL },
    { "a comma near a known name", "smtp,gmail.com", NULL, 0, -1, INPUT_FLAW_SLIP, 5, NULL, "smtp.gmail.com" },
    { "two commas near a known name", "smtp,gmail,com", NULL, 0, -1, INPUT_FLAW_SLIP, 5, NULL, "smtp.gmail.com" },
    { "a semicolon near a known name", "smtp.gmail;com", NULL, 0, -1, INPUT_FLAW_SLIP, 11, NULL, "smtp.gmail.com" },
    { "a full-width comma near a known name", "smtp\xef\xbc\x8cgmail.com", NULL, 0, -1, INPUT_FLAW_SLIP, 5, NULL,
      "smtp.gmail.com" },
    { "an ideographic comma near a known name", "smtp.gmail\xe3\x80\x81" "com", NULL, 0, -1, INPUT_FLAW_SLIP, 11, NULL,
      "smtp.gmail.com" },
    { "letters exchanged", "smpt.gmail.com", "smpt.gmail.com", 0, -1, INPUT_FLAW_SLIP, 3, NULL, "smtp.gmail.com" },
    { "a slip in front of a port", "smtp.gmial.com:465", "smtp.gmial.com", 465, -1, INPUT_FLAW_SLIP, 8, NULL,
      "smtp.gmail.com" },
    { "a slip in a URL", "smtps://smtp.gmial.com", "smtp.gmial.com", 465, TLS_MODE_IMPLICIT, INPUT_FLAW_SLIP, 16, NULL,
      "smtp.gmail.com" },

    { "a server for reading", "imap.gmail.com", "imap.gmail.com", 0, -1, -1, 0, NULL, "smtp.gmail.com" },
    { "a server for fetching", "pop.gmail.com", "pop.gmail.com", 0, -1, -1, 0, NULL, "smtp.gmail.com" },
    { "a place for pages", "mail.google.com", "mail.google.com", 0, -1, -1, 0, NULL, "smtp.gmail.com" },
    { "a server that takes mail in", "smtp.google.com", "smtp.google.com", 0, -1, -1, 0, NULL, "smtp.gmail.com" },
    { "the domain of mail addresses", "gmail.com", "gmail.com", 0, -1, -1, 0, NULL, "smtp.gmail.com" },
    { "a domain that is a server too", "posteo.de", "posteo.de", 0, -1, -1, 0, "posteo", NULL },
    { "a mail address with letters exchanged in its domain", "user@gmial.com", NULL, 0, -1, INPUT_FLAW_SLIP, 8, NULL,
      "smtp.gmail.com" },
    { "a mail address with a comma in its domain", "user@gmail,com", NULL, 0, -1, INPUT_FLAW_SLIP, 11, NULL,
      "smtp.gmail.com" },

    { "quotation marks", "\"smtp.gmail.com\"", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 1, "gmail",
      "smtp.gmail.com" },
    { "a quotation mark behind alone", "smtp.gmail.com'", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 15, "gmail",
      "smtp.gmail.com" },
    { "curly quotation marks", "\xe2\x80\x9cmail.example\xe2\x80\x9d", "mail.example", 0, -1, INPUT_FLAW_DECORATION, 1,
      NULL, "mail.example" },
    { "corner brackets", "\xe3\x80\x8csmtp.gmail.com\xe3\x80\x8d", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 1,
      "gmail", "smtp.gmail.com" },
    { "angle brackets", "<smtp.gmail.com>", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 1, "gmail",
      "smtp.gmail.com" },
    { "angle brackets around a mail address", "<me@gmail.com>", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 1,
      "gmail", "smtp.gmail.com" },
    { "a link to a mail address", "mailto:me@gmail.com", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 1, "gmail",
      "smtp.gmail.com" },
    { "a slash behind a name", "smtp.gmail.com/", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 15, "gmail",
      "smtp.gmail.com" },
    { "a path behind a URL", "smtp://smtp.gmail.com/mail", "smtp.gmail.com", 587, TLS_MODE_STARTTLS,
      INPUT_FLAW_DECORATION, 22, "gmail", "smtp.gmail.com" },
    { "two slashes behind a URL", "smtp://smtp.gmail.com//", "smtp.gmail.com", 587, TLS_MODE_STARTTLS,
      INPUT_FLAW_DECORATION, 22, "gmail", "smtp.gmail.com" },
    { "a web address", "https://smtp.gmail.com/", "smtp.gmail.com", 0, -1, INPUT_FLAW_DECORATION, 1, "gmail",
      "smtp.gmail.com" },
    { "ssl:// is implicit TLS", "ssl://mail.example", "mail.example", 465, TLS_MODE_IMPLICIT, INPUT_FLAW_DECORATION, 1,
      NULL, "mail.example" },
    { "ssl:// and its port", "ssl://mail.example:465", "mail.example", 465, TLS_MODE_IMPLICIT, INPUT_FLAW_DECORATION, 1,
      NULL, "mail.example" },
    { "tls:// asks for no mode", "tls://mail.example:587", "mail.example", 587, -1, INPUT_FLAW_DECORATION, 1, NULL,
      "mail.example" },
    { "a scheme that nobody knows", "x-mail://mail.example", "mail.example", 0, -1, INPUT_FLAW_DECORATION, 1, NULL,
      "mail.example" },
    { "a scheme that cannot be", "1://mail.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 2, NULL, NULL },
    { "brackets around a name", "[mail.example]", "mail.example", 0, -1, INPUT_FLAW_DECORATION, 1, NULL,
      "mail.example" },
    { "brackets around a name with a port behind", "[mail.example]:587", "mail.example", 587, -1, INPUT_FLAW_DECORATION,
      1, NULL, "mail.example" },
    { "brackets around IPv4", "[192.0.2.1]", "192.0.2.1", 0, -1, INPUT_FLAW_DECORATION, 1, NULL, "192.0.2.1" },

    { "a hyphen in front of a label", "-mail.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 1, NULL, NULL },
    { "a hyphen behind a label", "mail-.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 5, NULL, NULL },
    { "an escape sequence", "smtp\x1b[31m.gmail.com", NULL, 0, -1, INPUT_FLAW_CHARACTER, 5, NULL, NULL },
    { "a heart, which IDNA refuses", "i\xe2\x9d\xa4.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 2, NULL, NULL },
    { "right to left and left to right in one label", "\xd7\x90" "a.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 1,
      NULL, NULL },
    { "a ligature that stands for a word with blanks", "\xef\xb7\xba.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 1,
      NULL, NULL },
    { "a name and two ports", "mail.example:25:587", NULL, 587, -1, INPUT_FLAW_CHARACTER, 13, NULL, NULL },
    { "brackets that do not close", "[2001:db8::1", NULL, 0, -1, INPUT_FLAW_CHARACTER, 1, NULL, NULL },
    { "brackets around nothing", "[]", NULL, 0, -1, INPUT_FLAW_CHARACTER, 1, NULL, NULL },
    { "something behind brackets", "[2001:db8::1]x", NULL, 0, -1, INPUT_FLAW_CHARACTER, 14, NULL, NULL },
    { "a mail address without its first part", "@gmail.com", NULL, 0, -1, INPUT_FLAW_CHARACTER, 1, NULL, NULL },
    { "a mail address with a bad domain", "a@mail..example", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 8, NULL, NULL },
    { "a mail address without a domain", "a@", NULL, 0, -1, INPUT_FLAW_EMPTY_LABEL, 3, NULL, NULL },
    { "a byte that is no UTF-8", "smtp.gmail\xff.com", NULL, 0, -1, INPUT_FLAW_CHARACTER, 11, NULL, NULL },
    { "Latin-1", "m\xfcnchen.example", NULL, 0, -1, INPUT_FLAW_CHARACTER, 2, NULL, NULL },
};

static struct plan *read_target(const char *typed)
{
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_msg(target_read(p, typed, &error) == INPUT_OK, "%s is read", typed);
    return p;
}

static void check_word(const char *says, const char *what, const char *got, const char *expected)
{
    bool same = got == NULL || expected == NULL ? got == expected : strcmp(got, expected) == 0;

    ck_assert_msg(same, "%s: %s is %s, not %s", says, what, got == NULL ? "none" : got,
                  expected == NULL ? "none" : expected);
}

START_TEST(a_target_becomes_a_host_a_port_and_a_mode)
{
    const struct target_case *c = &target_cases[_i];
    struct plan *p = read_target(c->typed);

    check_word(c->says, "host", p->host, c->host);
    check_word(c->says, "provider", p->provider, c->provider);
    check_word(c->says, "suggestion", p->suggestion, c->suggestion);
    ck_assert_msg(c->port == (p->n_asked_ports == 0 ? 0 : p->asked_ports[0]), "%s: its port", c->says);
    ck_assert_msg(c->mode == (p->tls_asked ? (int)p->tls : -1), "%s: its mode", c->says);
    ck_assert_msg(c->flaw == (p->n_notes == 0 ? -1 : (int)p->notes[0].flaw), "%s: its note", c->says);
    ck_assert_msg(c->flaw == -1 || c->column == p->notes[0].column, "%s: column %zu", c->says,
                  c->flaw == -1 ? 0 : p->notes[0].column);
    ck_assert_msg(peer_text_equal(p->input, peer_text_of(c->typed)), "%s: the bytes as typed are kept", c->says);
    plan_free(p);
}
END_TEST

/* The very content of a mail program's box. span 0: no note. */
static const struct box_case {
    const char *says, *typed, *host, *suggestion;
    int port;
    size_t column, span;
} box_cases[] = {
    { "a name", "smtp.gmail.com", "smtp.gmail.com", NULL, 0, 0, 0 },
    { "a name with its final dot", "smtp.gmail.com.", "smtp.gmail.com", NULL, 0, 0, 0 },
    { "an address", "192.0.2.1", "192.0.2.1", NULL, 0, 0, 0 },
    { "an IPv6 address", "2001:db8::1", "2001:db8::1", NULL, 0, 0, 0 },
    { "an IPv6 address in brackets", "[2001:db8::1]", "2001:db8::1", "2001:db8::1", 0, 1, 1 },
    { "a mail address", "user@gmail.com", "smtp.gmail.com", "smtp.gmail.com", 0, 1, 5 },
    { "a mail address of a domain that is not listed", "user@mail.example", NULL, NULL, 0, 1, 5 },
    { "a name and a port", "smtp.gmail.com:465", "smtp.gmail.com", "smtp.gmail.com", 465, 15, 4 },
    { "a URL", "smtps://smtp.gmail.com", "smtp.gmail.com", "smtp.gmail.com", 465, 1, 8 },
    { "a web address", "https://smtp.gmail.com/", "smtp.gmail.com", "smtp.gmail.com", 0, 1, 8 },
    { "quotation marks", "\"smtp.gmail.com\"", "smtp.gmail.com", "smtp.gmail.com", 0, 1, 1 },
    { "an id of a provider is a name like any other", "gmail", "gmail", NULL, 0, 0, 0 },
};

START_TEST(more_than_a_name_in_the_box_is_noted)
{
    const struct box_case *c = &box_cases[_i];
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_int_eq(input_set(p, "host", c->typed, &error), INPUT_OK);
    check_word(c->says, "host", p->host, c->host);
    check_word(c->says, "suggestion", p->suggestion, c->suggestion);
    ck_assert(p->is_setting);
    ck_assert_msg(c->port == (p->n_asked_ports == 0 ? 0 : p->asked_ports[0]), "%s: its port", c->says);
    ck_assert_msg((c->span > 0) == (p->n_notes > 0), "%s: a note", c->says);
    if (c->span > 0) {
        ck_assert_int_eq(p->notes[0].flaw, INPUT_FLAW_DECORATION);
        ck_assert_uint_eq(p->notes[0].column, c->column);
        ck_assert_uint_eq(p->notes[0].span, c->span);
    }
    ck_assert_int_eq(input_set(p, "target", "mail.example", &error), INPUT_USAGE);
    ck_assert_int_eq(error.text, TEXT_USAGE_TARGET_TWICE);
    plan_free(p);
}
END_TEST

START_TEST(what_a_server_is_there_for_is_told)
{
    static const struct {
        const char *typed;
        enum host_role role;
    } cases[] = {
        { "imap.gmail.com", HOST_ROLE_IMAP }, { "pop.gmail.com", HOST_ROLE_POP },   { "mail.google.com", HOST_ROLE_WEB },
        { "smtp.google.com", HOST_ROLE_MX },  { "gmail.com", HOST_ROLE_DOMAIN },    { "smtp.gmail.com", HOST_ROLE_NONE },
        { "smpt.gmail.com", HOST_ROLE_NONE }, { "mail.example", HOST_ROLE_NONE },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan *p = read_target(cases[i].typed);

        ck_assert_msg(p->host_role == cases[i].role, "%s", cases[i].typed);
        plan_free(p);
    }
}
END_TEST

START_TEST(an_address_is_told_from_a_name)
{
    struct plan *p = read_target("[2001:db8::1]:587");
    struct address a;

    ck_assert(p->host_is_address);
    ck_assert(address_parse(&a, "2001:db8::1"));
    ck_assert(address_equal(&p->host_address, &a));
    plan_free(p);
    p = read_target("192.0.2.256");
    ck_assert(!p->host_is_address);
    plan_free(p);
}
END_TEST

START_TEST(a_note_names_the_character_it_is_about)
{
    struct plan *p = read_target("mail,example\xe3\x80\x80");

    ck_assert_uint_eq(p->n_notes, 2);
    ck_assert_uint_eq(p->notes[0].code_point, 0x3000);
    ck_assert_uint_eq(p->notes[1].code_point, ',');
    ck_assert_uint_eq(p->notes[1].span, 1);
    ck_assert_ptr_null(p->suggestion);
    plan_free(p);
    p = read_target("i\xe2\x9d\xa4.example");
    ck_assert_uint_eq(p->notes[0].code_point, 0x2764);
    plan_free(p);
}
END_TEST

START_TEST(more_than_a_target_can_be_long_is_cut_and_has_no_host)
{
    char typed[PLAN_INPUT_MAX + 2];
    struct plan *p;

    memset(typed, 'a', sizeof typed);
    typed[sizeof typed - 1] = '\0';
    p = read_target(typed);
    ck_assert_ptr_null(p->host);
    ck_assert_uint_eq(p->input.len, PLAN_INPUT_MAX);
    ck_assert_uint_eq(p->n_notes, 1);
    ck_assert_int_eq(p->notes[0].flaw, INPUT_FLAW_LONG_NAME);
    plan_free(p);
    typed[sizeof typed - 2] = '\0';
    p = read_target(typed);
    ck_assert_int_eq(p->notes[0].flaw, INPUT_FLAW_LONG_LABEL);
    plan_free(p);
}
END_TEST

START_TEST(many_flaws_are_noted_up_to_the_ceiling)
{
    char typed[PLAN_INPUT_MAX + 1];
    struct plan *p;

    memset(typed, ',', sizeof typed);
    typed[sizeof typed - 1] = '\0';
    p = read_target(typed);
    ck_assert_uint_eq(p->n_notes, PLAN_NOTES_MAX);
    ck_assert_ptr_null(p->host);
    plan_free(p);
}
END_TEST

static const struct refused_case {
    const char *says, *typed;
    enum text_id text;
    const char *line;
} refused_cases[] = {
    { "a mail address of a domain that is not listed", "me@mail.example", TEXT_USAGE_MAIL_DOMAIN,
      "target: the outgoing server for \"me@mail.example\" is not known here; accepted: the name of that server, "
      "which the provider of mail.example tells" },
    { "what is hostile in it is escaped", "\x1b@mail.example", TEXT_USAGE_MAIL_DOMAIN,
      "target: the outgoing server for \"\\x1b@mail.example\" is not known here; accepted: the name of that "
      "server, which the provider of mail.example tells" },
    { "a URL with a password, which is not quoted", "smtp://me:secret@mail.example", TEXT_USAGE_TARGET_USER,
      "target: a URL with a user name is not read, for it may hold a password; accepted: smtp://HOST, "
      "smtp://HOST:PORT, and the like with smtps or submission" },
    { "the same under a scheme of something else", "https://me:secret@mail.example", TEXT_USAGE_TARGET_USER,
      "target: a URL with a user name is not read, for it may hold a password; accepted: smtp://HOST, "
      "smtp://HOST:PORT, and the like with smtps or submission" },
};

START_TEST(a_refused_target_is_told_in_one_line_and_leaves_no_trace)
{
    const struct refused_case *c = &refused_cases[_i];
    struct plan *p = plan_new();
    struct usage error;
    struct buf line;

    buf_init(&line, 1000);
    ck_assert_msg(input_set(p, "target", c->typed, &error) == INPUT_USAGE, "%s", c->says);
    ck_assert_int_eq(error.text, c->text);
    ck_assert(usage_put(&line, LANGUAGE_EN, &error));
    ck_assert_str_eq(buf_borrow(&line), c->line);
    ck_assert_ptr_null(p->host);
    ck_assert_ptr_null(p->input.bytes);
    ck_assert_uint_eq(p->n_notes, 0);
    buf_done(&line);
    plan_free(p);
}
END_TEST

START_TEST(a_second_target_is_refused)
{
    struct plan *p = read_target("mail.example:25");
    struct usage error;

    ck_assert_int_eq(target_read(p, "smtp.gmail.com:465", &error), INPUT_USAGE);
    ck_assert_int_eq(error.text, TEXT_USAGE_TARGET_TWICE);
    ck_assert_str_eq(p->host, "mail.example");
    ck_assert_uint_eq(p->n_asked_ports, 1);
    plan_free(p);
}
END_TEST

START_TEST(the_mode_of_a_scheme_stands_behind_that_of_an_option)
{
    struct plan *p = plan_new();
    struct usage error;

    ck_assert_int_eq(input_set(p, "tls", "none", &error), INPUT_OK);
    ck_assert_int_eq(input_set(p, "target", "smtps://mail.example", &error), INPUT_OK);
    ck_assert_int_eq(p->tls, TLS_MODE_NONE);
    plan_free(p);
    p = plan_new();
    ck_assert_int_eq(input_set(p, "target", "smtps://mail.example", &error), INPUT_OK);
    ck_assert_int_eq(input_set(p, "tls", "none", &error), INPUT_OK);
    ck_assert_int_eq(p->tls, TLS_MODE_NONE);
    plan_free(p);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("target");

    tcase_add_loop_test(t, a_target_becomes_a_host_a_port_and_a_mode, 0,
                        sizeof target_cases / sizeof target_cases[0]);
    tcase_add_loop_test(t, more_than_a_name_in_the_box_is_noted, 0, sizeof box_cases / sizeof box_cases[0]);
    tcase_add_test(t, what_a_server_is_there_for_is_told);
    tcase_add_test(t, an_address_is_told_from_a_name);
    tcase_add_test(t, a_note_names_the_character_it_is_about);
    tcase_add_test(t, more_than_a_target_can_be_long_is_cut_and_has_no_host);
    tcase_add_test(t, many_flaws_are_noted_up_to_the_ceiling);
    tcase_add_loop_test(t, a_refused_target_is_told_in_one_line_and_leaves_no_trace, 0,
                        sizeof refused_cases / sizeof refused_cases[0]);
    tcase_add_test(t, a_second_target_is_refused);
    tcase_add_test(t, the_mode_of_a_scheme_stands_behind_that_of_an_option);
    return unit_run("target", &t, 1);
}

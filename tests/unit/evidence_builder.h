/*
 * evidence_builder - an Evidence from a line of words, for tests of the rules
 *
 * Statements end with ';'. What is not said is that of a healthy machine with
 * both families routed, roots loaded, a resolver, and the unknown target
 * smtp.example.com with the ports 25, 465 and 587.
 *
 *   provider ID               the target is that provider's server: gmail, yahoo, gmail-relay, icloud, ...
 *   host NAME | host none     another name; none can be made of what was typed
 *   address 192.0.2.1         the target is an address
 *   ports 465 587             instead of the usual ones
 *   ask 587 | tls starttls    the user's settings
 *   only4 | only6             -4, -6
 *   route none|4|6            this machine has routes for these alone
 *   resolver ADDRESS          --resolver
 *   warn N | crit N           --warn-days, --crit-days
 *   note FLAW COLUMN HEX      of the input: whitespace, character, empty, port, ...
 *   dns OUTCOME[@MS] [OUTCOME[@MS]]   of the A query and of the AAAA query; no address
 *   dns2 ...                  the same of a second resolver
 *   hosts N LINE              the address N comes from the hosts file, and not from DNS
 *   warn-time MS | crit-time MS   --warn-time, --crit-time
 *   system OUTCOME            of getaddrinfo
 *   nobody                    no resolver is configured, no query was put
 *   interrupted | ceiling | noroots | unloaded
 *   clock KIND [LOWER [UPPER]]    what a source says of the true time minus the local, in
 *                             seconds; without a bound it did not answer
 *   path PORT[@N] OPEN[@N] HOP... | HOP...    how far both get; OPEN 0: none. HOP: an address
 *                             that says that it expired, !ADDRESS that refuses, - silence,
 *                             ? not tried, + reached
 *   [control] PORTm[@N] RESULT    a probe; m: n none, s starttls, i implicit;
 *                             N: the address, 1 to 3 IPv4, 6 to 8 IPv6 (1 unless given)
 *   rival PORTm RESULT        of a control of another provider that is known
 *   imap PORTm[@N] RESULT     of imap.example.com; pop: of pop.example.com
 *   user NAME | auth MECH     --user, --auth; the name up to the end of the statement, \t for a tab at its end
 *   send TO [FROM] | stop rcpt    --send-to, --from, --stop-after
 *   form FLAG[,FLAG...]       of the secret: groups letters hyphens front end line empty control
 *   token [STATUS [SCOPE]]    the secret is a token; what the server says of it
 *   claims ENDS BEGINS OWNER AUDIENCE SCOPES    what the token says of itself; -1 and - for nothing
 *   bar WORD                  why nothing was tried
 *   errand PORTm[@N] RESULT   the connection that signs in and sends, with PLAIN or XOAUTH2;
 *                             all before the stage where it ends was accepted
 *   size BYTES LIMIT          of the message
 *   ehlo-line TEXT            the first line of the reply to EHLO on that connection
 *
 * RESULT is one of
 *   ok[:FLAG,FLAG...]         noauth helo injected offers mail masked starred star-lover quick late far, and of the
 *                             chain: expired future deep-expired extra-expired name nameless selfsigned
 *                             untrusted incomplete aia private weak revoked badsig notca
 *                             constraints purpose otherflaw unjudged nochain pathlength extension weaksig
 *                             by=CN=NAME (the last issuer) given (its root: --ca-file)
 *                             nosni-cert (Google's), without a server name: nosni (nothing)
 *                             nosni-other nosni-same (certificate)
 *                             must fresh stale forged (its OCSP answer, and the demand for one)
 *                             ask-good (the answer that was fetched, stale)
 *                             asked fetched fetched-private
 *                             stapled deep-private elsewhere soon deep-soon idle-soon idle-expired
 *   silent blip pause refused prohibited unreachable local no-route
 *   STAGE:FAULT[:DETAIL]      greeting:silent, tls:closed, mail:reply:550 5.7.1 no|auth,offers,
 *                             ehlo:reply:550 no|other, greeting:silent:half,
 *                             tls:silent:small (small segments pass) or nosmall (nor do they),
 *                             greeting:not-smtp:IMAP, ehlo:starttls-not-offered:auth,masked;
 *                             tls:tls:alert=40,old=TLS1.1,error=GNUTLS_E_...,requested,shown
 *   waiting:N                 still connecting, N attempts so far
 *   skip:REASON               no-route, no-address, not-asked, not-needed, stopped
 */
#ifndef SMTPDX_TESTS_EVIDENCE_BUILDER_H
#define SMTPDX_TESTS_EVIDENCE_BUILDER_H

#include "model/evidence.h"

/* The clock of every built Evidence: 2026-11-24T15:04:00Z. */
#define BUILDER_NOW INT64_C(1795532640)

/* Ends the test where a word is not known. */
struct evidence *evidence_built(const char *words);

#endif

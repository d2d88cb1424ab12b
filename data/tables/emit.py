"""Writes the C files: four enums and one file of const tables."""
from .text import symbol

LANGUAGES = ("EN", "JA")


def files(knowledge, japanese):
    return {
        "finding_id.h": enum("finding_id", "FINDING", [f.ident for f in knowledge.findings], none=True),
        "step_id.h": enum("step_id", "STEP", [s.ident for s in knowledge.steps], none=False),
        "text_id.h": enum("text_id", "TEXT", [t.ident for t in knowledge.texts], none=True),
        "words_id.h": enum("words_id", "WORDS", [w.ident for w in knowledge.word_lists], none=False),
        "tables.c": tables(knowledge, japanese),
    }


def enum(name, prefix, idents, none):
    guard = f"SMTPDX_KNOWLEDGE_{prefix}_ID_H"
    lines = ["/* Made from data/ by data/compile.py. */",
             f"#ifndef {guard}", f"#define {guard}", "", f"enum {name} {{"]
    if none:
        lines.append(f"    {prefix}_NONE,")
    lines += [f"    {symbol(prefix, ident)}," for ident in idents]
    lines += [f"    {prefix}_COUNT", "};", "", "#endif", ""]
    return "\n".join(lines)


def tables(knowledge, japanese):
    parts = ['/* Made from data/ and po/ by data/compile.py. */\n#include "knowledge/tables.h"\n']
    parts.append(text_table(knowledge.texts, japanese))
    parts.append(finding_table(knowledge.findings))
    parts.append(step_table(knowledge.steps))
    parts.append(provider_table(knowledge.providers))
    parts.append(port_table(knowledge.ports))
    parts.append(known_host_table(knowledge.known_hosts))
    parts.append(other_host_table(knowledge.other_hosts))
    parts.append(interceptor_table(knowledge.interceptors))
    parts.append(public_issuer_table(knowledge.public_issuers))
    parts.append(word_table(knowledge.word_lists))
    parts.append(control_table(knowledge.controls))
    return "\n".join(parts)


def text_table(texts, japanese):
    lines = ["const char *const text_table[LANGUAGE_COUNT][TEXT_COUNT] = {"]
    for language in LANGUAGES:
        lines.append(f"    [LANGUAGE_{language}] = {{")
        lines.append('        [TEXT_NONE] = "",')
        for text in texts:
            string = text.english if language == "EN" else japanese[text.ident]
            lines.append(f"        [{symbol('TEXT', text.ident)}] = {c_string(string)},")
        lines.append("    },")
    return "\n".join([*lines, "};", ""])


def finding_table(findings):
    out = []
    lines = ["const struct finding finding_table[FINDING_COUNT] = {"]
    for f in findings:
        name = symbol("FINDING", f.ident)
        array = f"{name.lower()}_steps"
        steps = ", ".join(symbol("STEP", s) for s in f.steps)
        out.append(f"static const enum step_id {array}[] = {{ {steps} }};")
        title = symbol("TEXT", f"finding.{f.ident}.title") if f.titled else "TEXT_NONE"
        lines.append(f"    [{name}] = {{ {c_string(f.ident)}, {c_string(f.layer)}, "
                     f"SEVERITY_{f.severity.upper()}, {c_bool(f.planned)}, {title}, "
                     f"{array}, {len(f.steps)} }},")
    return "\n".join([*out, "", *lines, "};", ""])


def step_table(steps):
    lines = ["const struct step step_table[STEP_COUNT] = {"]
    for s in steps:
        title = symbol("TEXT", f"step.{s.ident}.title") if s.worded else "TEXT_NONE"
        text = symbol("TEXT", f"step.{s.ident}.text") if s.worded else "TEXT_NONE"
        section = c_string(s.section) if s.section else "NULL"
        lines.append(f"    [{symbol('STEP', s.ident)}] = {{ {c_string(s.ident)}, "
                     f"STEP_ORIGIN_{s.origin.upper()}, {section}, {title}, {text} }},")
    return "\n".join([*lines, "};", ""])


def provider_table(providers):
    out = []
    lines = ["const struct provider provider_table[] = {"]
    for p in providers:
        name = symbol("PROVIDER", p.ident).lower()
        rows = "".join(f"    {{ {c_string(host)}, {port}, TLS_MODE_{tls.upper()} }},\n"
                       for host, port, tls in p.hosts)
        out.append(f"static const struct provider_host {name}_hosts[] = {{\n{rows}}};")
        incoming = "NULL"
        if p.incoming:
            rows = "".join(f"    {{ {symbol('PROTOCOL', protocol)}, {c_string(host)}, {port}, "
                           f"{symbol('TLS_MODE', tls)} }},\n" for protocol, host, port, tls in p.incoming)
            out.append(f"static const struct provider_incoming {name}_incoming[] = {{\n{rows}}};")
            incoming = f"{name}_incoming"
        domains = "NULL"
        if p.domains:
            strings = ", ".join(map(c_string, p.domains))
            out.append(f"static const char *const {name}_domains[] = {{ {strings} }};")
            domains = f"{name}_domains"
        lines.append(f"    {{ {c_string(p.ident)}, {c_string(p.name)}, {symbol('USERNAME', p.username)}, "
                     f"{symbol('APP_PASSWORD', p.app_password or 'none')}, "
                     f"{symbol('OAUTH2', p.oauth2 or 'unknown')}, {symbol('ACCESS', p.access or 'unknown')}, "
                     f"{name}_hosts, {len(p.hosts)}, {incoming}, {len(p.incoming)}, {domains}, {len(p.domains)}, "
                     f"{c_string_or_null(p.help_url)}, {c_string_or_null(p.status_url)} }},")
    return "\n".join([*out, "", *lines, "};", f"const size_t provider_count = {len(providers)};", ""])


def port_table(ports):
    lines = ["const struct port_service port_table[] = {"]
    for p in ports:
        lines.append(f"    {{ {p.number}, {c_string(p.service)}, {symbol('TEXT', f'port.{p.service}')} }},")
    return "\n".join([*lines, "};", f"const size_t port_count = {len(ports)};", ""])


def known_host_table(hosts):
    lines = ["const char *const known_host_table[] = {", *[f"    {c_string(h)}," for h in hosts]]
    return "\n".join([*lines, "};", f"const size_t known_host_count = {len(hosts)};", ""])


def other_host_table(hosts):
    lines = ["const struct other_host other_host_table[] = {"]
    for h in hosts:
        lines.append(f"    {{ {c_string(h.host)}, {symbol('HOST_ROLE', h.role)}, {c_string(h.right)} }},")
    return "\n".join([*lines, "};", f"const size_t other_host_count = {len(hosts)};", ""])


def interceptor_table(interceptors):
    out = []
    lines = ["const struct interceptor interceptor_table[] = {"]
    for number, x in enumerate(interceptors):
        rows = "".join(f"    {{ {', '.join(map(c_string_or_null, mark))} }},\n" for mark in x.marks)
        out.append(f"static const struct interceptor_mark interceptor_{number}_marks[] = {{\n{rows}}};")
        lines.append(f"    {{ {c_string(x.product)}, {symbol('INTERCEPTOR', x.kind)}, "
                     f"interceptor_{number}_marks, {len(x.marks)} }},")
    return "\n".join([*out, "", *lines, "};", f"const size_t interceptor_count = {len(interceptors)};", ""])


def public_issuer_table(organisations):
    lines = ["const char *const public_issuer_table[] = {", *[f"    {c_string(o)}," for o in organisations]]
    return "\n".join([*lines, "};", f"const size_t public_issuer_count = {len(organisations)};", ""])


def word_table(lists):
    out = []
    lines = ["const struct word_list word_table[WORDS_COUNT] = {"]
    for w in lists:
        name = symbol("WORDS", w.ident)
        rows = "".join(f"    {c_string(word)},\n" for word in w.words)
        out.append(f"static const char *const {name.lower()}[] = {{\n{rows}}};")
        lines.append(f"    [{name}] = {{ {name.lower()}, {len(w.words)} }},")
    return "\n".join([*out, "", *lines, "};", ""])


def control_table(controls):
    lines = ["const struct control_host control_table[] = {"]
    for c in controls:
        lines.append(f"    {{ {symbol('CONTROL', c.kind)}, {c_string(c.host)}, {c.port}, "
                     f"{c_string_or_null(c.provider)} }},")
    return "\n".join([*lines, "};", f"const size_t control_count = {len(controls)};", ""])


def c_bool(value):
    return "true" if value else "false"


def c_string_or_null(string):
    return c_string(string) if string else "NULL"


def c_string(string):
    """UTF-8 stays as it is; '?' is escaped because C17 still knows trigraphs."""
    escaped = string.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + escaped.replace("?", "\\?") + '"'

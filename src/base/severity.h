/*
 * severity - how much a finding matters to the user
 */
#ifndef SMTPDX_BASE_SEVERITY_H
#define SMTPDX_BASE_SEVERITY_H

enum severity {
    SEVERITY_INFO,
    SEVERITY_WARNING,
    SEVERITY_CRITICAL,
};

/* "info", "warning", "critical": the words of the JSON report. */
const char *severity_word(enum severity severity);

#endif

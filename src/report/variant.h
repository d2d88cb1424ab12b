/*
 * variant - the sentences of a step that are true of one provider and not of another
 *
 * A finding has the same steps wherever it is raised. What such a step has to
 * say differs by the provider, by what was given as the secret and by what the
 * server offered: {oauth}, {access}, {app_password}, {password}, {outgoing},
 * {relay}, {quota} and {wait} of data/steps.toml.
 */
#ifndef SMTPDX_REPORT_VARIANT_H
#define SMTPDX_REPORT_VARIANT_H

#include "base/argument.h"
#include "model/diagnosis.h"
#include "model/evidence.h"

enum { VARIANT_COUNT = 8 };

/* One argument for each kind; provider is whose server it is, or NULL. */
struct provider;
void variant_fill(struct argument ret[static VARIANT_COUNT], const struct evidence *e,
                  const struct diagnosed *f, const struct provider *provider);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "route/route.h"

enum { RULE_COLUMN = 14 };

static const char *const outcomes[] = {
	[BEL_PLAN_NEED_IDENTITY] = "who is asking must be known",
	[BEL_PLAN_NEED_CALLER] = "the caller must be looked up",
	[BEL_PLAN_NEED_USER] = "the user must be looked up",
	[BEL_PLAN_NEED_BINDINGS] = "the bindings must be looked up",
	[BEL_PLAN_NEED_GRUU] = "the GRUU must be looked up",
	[BEL_PLAN_DROP] = "no answer",
	[BEL_PLAN_REJECT] = "refused",
	[BEL_PLAN_CHALLENGE] = "challenged",
	[BEL_PLAN_REGISTER] = "registered",
	[BEL_PLAN_ANSWER] = "answered by this server",
	[BEL_PLAN_CALLED] = "the call is answered by this server",
	[BEL_PLAN_REDIRECT] = "redirected",
	[BEL_PLAN_FORWARD] = "forwarded",
	[BEL_PLAN_FORWARD_STATELESS] = "forwarded without state",
	[BEL_PLAN_IN_DIALOG] = "forwarded within its dialog",
};

static void write_place(struct bel_writer *writer, const struct bel_conf_at *at)
{
	if (!at->line)
		return;
	bel_write_escaped(writer, at->file);
	bel_write_format(writer, ":%u", at->line);
}

static void write_outcome(struct bel_writer *writer, const struct bel_plan *plan)
{
	bel_write_text(writer, outcomes[plan->kind]);
	if (plan->status)
		bel_write_format(writer, " %u", plan->status);
	if (plan->reason.len) {
		bel_write_char(writer, ' ');
		bel_write_escaped(writer, plan->reason);
	}
}

void bel_plan_write(struct bel_writer *writer, const struct bel_plan *plan)
{
	for (unsigned i = 0; i < plan->steps_count; i++) {
		const struct bel_plan_step *step = &plan->steps[i];
		bel_write_format(writer, "  %-*s ", RULE_COLUMN, step->rule);
		bel_write_escaped(writer, step->text);
		if (step->at.line) {
			bel_write_lit(writer, "   [");
			write_place(writer, &step->at);
			bel_write_char(writer, ']');
		}
		bel_write_char(writer, '\n');
	}
	bel_write_format(writer, "  %-*s ", RULE_COLUMN, "so it is");
	write_outcome(writer, plan);
	bel_write_char(writer, '\n');
	for (unsigned i = 0; i < plan->targets_count; i++) {
		bel_write_format(writer, "  %-*s ", RULE_COLUMN, i ? "" : "to");
		bel_write_escaped(writer, plan->targets[i].uri);
		if (plan->targets[i].next_hop.len) {
			bel_write_lit(writer, "   by ");
			bel_write_escaped(writer, plan->targets[i].next_hop);
		}
		bel_write_char(writer, '\n');
	}
}

static void write_json_str(struct bel_writer *writer, const char *name, bel_str value)
{
	bel_write_format(writer, "\"%s\":\"", name);
	bel_write_json(writer, value);
	bel_write_char(writer, '"');
}

void bel_plan_write_json(struct bel_writer *writer, const struct bel_plan *plan)
{
	bel_write_char(writer, '{');
	write_json_str(writer, "outcome", bel_str_from(outcomes[plan->kind]));
	bel_write_format(writer, ",\"status\":%u,", plan->status);
	write_json_str(writer, "reason", plan->reason);
	bel_write_lit(writer, ",\"steps\":[");
	for (unsigned i = 0; i < plan->steps_count; i++) {
		const struct bel_plan_step *step = &plan->steps[i];
		bel_write_text(writer, i ? ",{" : "{");
		write_json_str(writer, "rule", bel_str_from(step->rule));
		bel_write_char(writer, ',');
		write_json_str(writer, "text", step->text);
		if (step->at.line) {
			bel_write_char(writer, ',');
			write_json_str(writer, "file", step->at.file);
			bel_write_format(writer, ",\"line\":%u", step->at.line);
		}
		bel_write_char(writer, '}');
	}
	bel_write_lit(writer, "],\"targets\":[");
	for (unsigned i = 0; i < plan->targets_count; i++) {
		bel_write_text(writer, i ? ",{" : "{");
		write_json_str(writer, "uri", plan->targets[i].uri);
		bel_write_format(writer, ",\"q\":%u", plan->targets[i].q);
		if (plan->targets[i].next_hop.len) {
			bel_write_char(writer, ',');
			write_json_str(writer, "next_hop", plan->targets[i].next_hop);
		}
		bel_write_char(writer, '}');
	}
	bel_write_lit(writer, "]}\n");
}

/* Mermaid ends a label at a quote and reads entities: only harmless bytes go in. */
static void write_label(struct bel_writer *writer, bel_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_plain = c >= ' ' && c < 0x7f && c != '"' && c != '#' &&
				c != '<' && c != '>' && c != ';' && c != '`';
		bel_write_char(writer, is_plain ? c : '_');
	}
}

void bel_plan_write_mermaid(struct bel_writer *writer, const struct bel_plan *plan)
{
	bel_write_lit(writer, "flowchart TD\n");
	for (unsigned i = 0; i < plan->steps_count; i++) {
		bel_write_format(writer, "  s%u[\"%s: ", i, plan->steps[i].rule);
		write_label(writer, plan->steps[i].text);
		bel_write_lit(writer, "\"]\n");
		if (i)
			bel_write_format(writer, "  s%u --> s%u\n", i - 1, i);
	}
	bel_write_lit(writer, "  end1([\"");
	write_label(writer, bel_str_from(outcomes[plan->kind]));
	bel_write_format(writer, " %u\"])\n", plan->status);
	if (plan->steps_count)
		bel_write_format(writer, "  s%u --> end1\n", plan->steps_count - 1);
}

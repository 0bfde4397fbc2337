/* What is read, how far it can be trusted, how much memory it takes, and what the program may still do. */
#include "analyzer/memory.h"
#include "ui/screen.h"
#include "ui/text.h"
#include "ui/text_parts.h"

#include <inttypes.h>

static void write_keys(const struct row *root, const struct page *page)
{
	const struct model *model = root->view->model;
	char text[160];
	uint64_t n = model->keylog == NULL ? 0 : keylog_counts(model->keylog).secrets;
	text_parts_heading(page, "Keys");
	snprintf(text, sizeof text, "%" PRIu64 " TLS secret%s loaded%s", n, view_plural(n),
	         n == 0 ? ": nothing can be decrypted without a key log (-k)" : "");
	page_wrap(page, 2, "", TONE_PLAIN, text);
}

static void write_memory(const struct row *root, const struct page *page)
{
	const struct model *model = root->view->model;
	char text[160];
	text_parts_heading(page, "Memory");
	snprintf(text, sizeof text,
	         "%.1f MiB in use, %.0f MiB at most; %" PRIu32 " session%s kept, %" PRIu64 " given up",
	         (double)memory_used() / (1024 * 1024), (double)model->memory / (1024 * 1024),
	         model->n_sessions, view_plural(model->n_sessions), model->capture.evicted_sessions);
	page_wrap(page, 2, "", TONE_PLAIN, text);
}

static void write(struct ui *ui, const struct page *page)
{
	struct row root = view_root(ui->view);
	text_head(page, ui->view);
	write_keys(&root, page);
	if (ui->view->model->memory > 0)
		write_memory(&root, page);
	if (ui->view->privileges == NULL)
		return;
	text_parts_heading(page, "Privileges");
	page_pairs(page, 2, &view_privileges, &root);
}

const struct screen screen_capture = {.write = write};

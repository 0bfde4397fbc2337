/* The terminal; see term.h. */
#define NCURSES_WIDECHAR 1 /* whole characters, not bytes */
#include "ui/term.h"

#include "analyzer/xmalloc.h"
#include "ui/keys.h"
#include "ui/rescue.h"

#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE_WAIT 25 /* ms in which the rest of a key's bytes must follow an Escape */

struct term {
	SCREEN *screen;
	FILE *tty; /* NULL: keys come from standard input */
	size_t rows, cols;
	bool colours, gone;
};

bool term_usable(void)
{
	const char *name = getenv("TERM");
	return isatty(STDOUT_FILENO) && name != NULL && name[0] != '\0' && strcmp(name, "dumb") != 0;
}

static bool wants_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");
	return (no_colour == NULL || no_colour[0] == '\0') && has_colors();
}

/* On the terminal's own ground, so that dark and light ones both do. */
static void prepare_colours(struct term *term)
{
	static const short colours[TONES] = {[TONE_PLAIN] = -1,
	                                     [TONE_HEADING] = -1,
	                                     [TONE_GOOD] = COLOR_GREEN,
	                                     [TONE_WARNING] = COLOR_YELLOW,
	                                     [TONE_ERROR] = COLOR_RED};
	if (!wants_colour() || start_color() != OK || use_default_colors() != OK)
		return;
	for (short i = TONE_GOOD; i < TONES; i++)
		init_pair(i, colours[i], -1);
	term->colours = true;
}

static bool has_capability(const char *name)
{
	const char *text = tigetstr(name);
	return text != NULL && text != (const char *)-1;
}

/* The text of a capability without the pauses that old terminals need: "$<5>". */
static size_t add_capability(char *to, size_t n, const char *name)
{
	const char *text = has_capability(name) ? tigetstr(name) : "";
	while (*text != '\0' && n < RESCUE_BYTES) {
		const char *end = strncmp(text, "$<", 2) == 0 ? strchr(text, '>') : NULL;
		if (end == NULL)
			to[n++] = *text++;
		else
			text = end + 1;
	}
	return n;
}

/* What endwin would write: plain characters, keys as they were, a cursor, the user's own screen or an empty
 * one. */
static void prepare_rescue(void)
{
	const char *const names[] = {"sgr0", "rmkx", "cnorm", has_capability("rmcup") ? "rmcup" : "clear"};
	char bytes[RESCUE_BYTES];
	size_t n = 0;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		n = add_capability(bytes, n, names[i]);
	rescue_prepare(STDOUT_FILENO, bytes, n);
}

/* What terminals send that do not heed the description's way, so that a cursor key is no Escape. */
static void define_keys(void)
{
	static const struct {
		const char *bytes;
		int key;
	} keys[] = {
	    {"\033[A", KEY_UP},    {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT},  {"\033[D", KEY_LEFT},
	    {"\033OA", KEY_UP},    {"\033OB", KEY_DOWN}, {"\033OC", KEY_RIGHT},  {"\033OD", KEY_LEFT},
	    {"\033[H", KEY_HOME},  {"\033[F", KEY_END},  {"\033[1~", KEY_HOME},  {"\033[4~", KEY_END},
	    {"\033OH", KEY_HOME},  {"\033OF", KEY_END},  {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE},
	    {"\033OM", KEY_ENTER}, {"\033OP", KEY_F(1)}, {"\033[11~", KEY_F(1)}};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (key_defined(keys[i].bytes) == 0)
			define_key(keys[i].bytes, keys[i].key);
}

struct term *term_open(struct err *err)
{
	struct term *term = xcalloc(1, sizeof *term);
	if (!isatty(STDIN_FILENO))
		term->tty = fopen("/dev/tty", "r");
	if (!isatty(STDIN_FILENO) && term->tty == NULL)
		err_set(err, "there is no terminal that keys could come from: %s", strerror(errno));
	else if ((term->screen = newterm(NULL, stdout, term->tty != NULL ? term->tty : stdin)) == NULL)
		err_set(err, "this terminal is not known (TERM=%.80s); -o text prints a report",
		        getenv("TERM"));
	if (term->screen == NULL) {
		term_close(term);
		return NULL;
	}
	prepare_colours(term);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_WAIT);
	define_keys();
	endwin(); /* what is said before the first picture stands on the user's own screen */
	prepare_rescue();
	term_fit(term);
	return term;
}

/* Without a screen of its own what is there stays, and the prompt comes to stand in its last line. */
static void give_back(void)
{
	if (!isendwin() && !has_capability("rmcup")) {
		move(LINES - 1, 0);
		clrtoeol();
		refresh();
	}
	if (!isendwin())
		endwin();
	rescue_taken(false);
}

void term_close(struct term *term)
{
	if (term == NULL)
		return;
	if (term->screen != NULL) {
		give_back();
		delscreen(term->screen);
	}
	if (term->tty != NULL)
		fclose(term->tty);
	free(term);
}

void term_size(const struct term *term, size_t *rows, size_t *cols)
{
	*rows = term->rows;
	*cols = term->cols;
}

void term_fit(struct term *term)
{
	struct winsize size = {0};
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resize_term(size.ws_row, size.ws_col);
	int rows, cols;
	getmaxyx(stdscr, rows, cols);
	term->rows = (size_t)rows;
	term->cols = (size_t)cols;
}

/* ---- drawing ---- */

static attr_t attributes(const struct pen *pen)
{
	attr_t all = A_NORMAL;
	if ((pen->look & LOOK_BOLD) != 0 || pen->tone == TONE_HEADING || pen->tone == TONE_ERROR)
		all |= A_BOLD;
	if ((pen->look & LOOK_REVERSE) != 0)
		all |= A_REVERSE;
	if ((pen->look & LOOK_DIM) != 0)
		all |= A_DIM;
	return all;
}

static void draw_cell(const struct term *term, const struct cell *cell, size_t row, size_t col)
{
	wchar_t wide[GRID_CELL] = {0};
	cchar_t shown;
	short pair = term->colours && cell->pen.tone >= TONE_GOOD ? (short)cell->pen.tone : 0;
	if (cell->text[0] == '\0' || mbstowcs(wide, cell->text, GRID_CELL - 1) == (size_t)-1)
		return;
	if (setcchar(&shown, wide, attributes(&cell->pen), pair, NULL) == OK)
		mvadd_wch((int)row, (int)col, &shown);
}

void term_draw(struct term *term, const struct grid *grid, bool whole)
{
	rescue_taken(true);
	erase();
	for (size_t row = 0; row < grid->rows && row < term->rows; row++)
		for (size_t col = 0; col < grid->cols && col < term->cols; col++)
			draw_cell(term, &grid->cells[row * grid->cols + col], row, col);
	if (whole)
		clearok(stdscr, TRUE);
	if (grid->has_cursor)
		move((int)grid->cursor_row, (int)grid->cursor_col);
	curs_set(grid->has_cursor);
	refresh();
}

/* ---- keys ---- */

int term_fd(const struct term *term)
{
	return term->gone ? -1 : term->tty != NULL ? fileno(term->tty) : STDIN_FILENO;
}

static int special(wint_t key)
{
	static const struct {
		wint_t curses;
		int key;
	} keys[] = {{KEY_UP, KEYS_UP},         {KEY_DOWN, KEYS_DOWN},
	            {KEY_LEFT, KEYS_LEFT},     {KEY_RIGHT, KEYS_RIGHT},
	            {KEY_PPAGE, KEYS_PAGE_UP}, {KEY_NPAGE, KEYS_PAGE_DOWN},
	            {KEY_HOME, KEYS_HOME},     {KEY_END, KEYS_END},
	            {KEY_ENTER, KEYS_ENTER},   {KEY_BACKSPACE, KEYS_BACKSPACE},
	            {KEY_F(1), KEYS_F1},       {KEY_RESIZE, KEYS_RESIZE}};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (keys[i].curses == key)
			return keys[i].key;
	return KEYS_NONE;
}

/* Readable, and nothing to read: the other side has closed. */
static bool has_hung_up(const struct term *term)
{
	struct pollfd fd = {.fd = term_fd(term), .events = POLLIN};
	int left = 0;
	if (poll(&fd, 1, 0) <= 0)
		return false;
	return (fd.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ||
	       (ioctl(fd.fd, FIONREAD, &left) == 0 && left == 0);
}

/* The rest of a key that has no name: "[15~" behind an Escape. False: Escape stands alone, or another key
 * follows it. */
static bool pass_sequence(void)
{
	wint_t next;
	if (get_wch(&next) != OK)
		return false;
	if (next != '[' && next != 'O') {
		unget_wch((wchar_t)next);
		return false;
	}
	while (get_wch(&next) == OK && (next < '@' || next > '~'))
		continue;
	return true;
}

int term_key(struct term *term)
{
	wint_t key;
	int kind = get_wch(&key);
	while (kind == OK && key == KEYS_ESCAPE && pass_sequence())
		kind = get_wch(&key);
	if (kind == ERR)
		term->gone = term->gone || has_hung_up(term);
	if (kind == ERR)
		return KEYS_NONE;
	if (kind == KEY_CODE_YES)
		return special(key);
	return key == '\r' ? KEYS_ENTER : key == '\b' ? KEYS_BACKSPACE : (int)key;
}

bool term_is_gone(const struct term *term)
{
	return term->gone;
}

void term_suspend(struct term *term)
{
	struct sigaction before, stop = {.sa_handler = SIG_DFL};
	give_back();
	sigaction(SIGTSTP, &stop, &before);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &before, NULL);
	term_fit(term);
}

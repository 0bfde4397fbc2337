/*
 * Keys and what they do: one table, from which the screens take their footers and the help, and the manual
 * page its list. Knows no terminal: a key is a character, or one of enum key.
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* Keys without a character, beyond all of them. */
enum key {
	KEYS_NONE = 0,
	KEYS_TAB = '\t',
	KEYS_ENTER = '\n',
	KEYS_ESCAPE = 0x1b,
	KEYS_BACKSPACE = 0x7f,
	KEYS_UP = 0x110000,
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_HOME,
	KEYS_END,
	KEYS_F1,
	KEYS_RESIZE, /* the terminal has another size now */
};

enum command {
	COMMAND_NONE,
	COMMAND_BACK,
	COMMAND_LEAVE,
	COMMAND_OPEN,
	COMMAND_SCREEN, /* the digit says which */
	COMMAND_NEXT_SCREEN,
	COMMAND_UP,
	COMMAND_DOWN,
	COMMAND_LEFT,
	COMMAND_RIGHT,
	COMMAND_PAGE_UP,
	COMMAND_PAGE_DOWN,
	COMMAND_TOP,
	COMMAND_BOTTOM,
	COMMAND_SORT_LEFT,
	COMMAND_SORT_RIGHT,
	COMMAND_SORT_TURN,
	COMMAND_NEXT_FAILURE,
	COMMAND_PREVIOUS_FAILURE,
	COMMAND_SEARCH,
	COMMAND_FILTER,
	COMMAND_NEXT_HIT,
	COMMAND_PREVIOUS_HIT,
	COMMAND_SAVE,
	COMMAND_MARK,
	COMMAND_UNMARK,
	COMMAND_COMPARE,
	COMMAND_PAUSE,
	COMMAND_FOLLOW,
	COMMAND_TIME,
	COMMAND_REDRAW,
	COMMAND_HELP,
};

/* The screens, as bits of where a key does something. Number n is reached with the digit n + 1, as far as
 * there are digits. */
enum screen_id {
	SCREEN_SESSIONS,
	SCREEN_STATUS,
	SCREEN_HANDSHAKE,
	SCREEN_AUTH,
	SCREEN_MESSAGES,
	SCREEN_FINDINGS,
	SCREEN_CAPTURE,
	SCREEN_COMPARE,
	SCREENS,
	SCREENS_WITH_DIGIT = SCREEN_COMPARE
};

#define KEYS_OF_COMMAND 9

struct command_row {
	enum command command;
	int keys[KEYS_OF_COMMAND]; /* 0 at the end, unless all are used */
	const char *shown;         /* the keys for people */
	const char *brief;         /* in footers; NULL: not there */
	const char *help;
	unsigned screens; /* bits of enum screen_id */
};

/* All rows, in the order of the help. */
extern const struct command_row keys_rows[];
extern const size_t keys_n_rows;

/* In the footer of this screen it stands behind the others, where there is room. */
bool keys_gives_way(enum command command, enum screen_id screen);

/* The signs that screens use, in one sentence for the help. */
extern const char keys_signs[];

/* What the key does on this screen; COMMAND_NONE when nothing. */
enum command keys_command(int key, enum screen_id screen);

/* The keys for people of the command that it is on other screens, and the bits of these; NULL: of none. */
const char *keys_elsewhere(int key, unsigned *screens);

/* "Sessions" */
const char *keys_screen_name(enum screen_id screen);

#endif

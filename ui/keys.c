/* The table of keys; see keys.h. A new key is one row here, and its place in ui_act. */
#include "ui/keys.h"

#define ALL      ((1u << SCREENS) - 1)
#define LIST     (1u << SCREEN_SESSIONS)
#define MESSAGES (1u << SCREEN_MESSAGES)

/* About one session or all of them; with times of events; with what the filter chooses. */
#define FAILURES (LIST | MESSAGES | 1u << SCREEN_STATUS | 1u << SCREEN_HANDSHAKE | 1u << SCREEN_AUTH)
#define TIMED    (LIST | 1u << SCREEN_HANDSHAKE | 1u << SCREEN_FINDINGS)
#define FILTERED (LIST | MESSAGES | 1u << SCREEN_FINDINGS)

const struct command_row keys_rows[] = {
    {COMMAND_UP, {KEYS_UP, 'k'}, "Up k", NULL, "one line up", ALL},
    {COMMAND_DOWN, {KEYS_DOWN, 'j'}, "Down j", NULL, "one line down", ALL},
    {COMMAND_LEFT,
     {KEYS_LEFT, 'h'},
     "Left h",
     NULL,
     "to the left in long lines; below a list: one line up in the details",
     ALL & ~MESSAGES},
    {COMMAND_RIGHT,
     {KEYS_RIGHT, 'l'},
     "Right l",
     NULL,
     "to the right; below a list: one line down in the details",
     ALL & ~MESSAGES},
    {COMMAND_LEFT, {KEYS_LEFT, 'h'}, "Left h", NULL, "to the field before", MESSAGES},
    {COMMAND_RIGHT,
     {KEYS_RIGHT, 'l'},
     "Right l",
     "next field",
     "to the next field of the message: its bytes are marked; behind the last one further bytes",
     MESSAGES},
    {COMMAND_PAGE_UP, {KEYS_PAGE_UP, 'b', 0x02}, "PgUp b", NULL, "one page up", ALL},
    {COMMAND_PAGE_DOWN, {KEYS_PAGE_DOWN, 0x06}, "PgDn ^F", NULL, "one page down", ALL},
    {COMMAND_TOP, {KEYS_HOME, 'g'}, "Home g", NULL, "to the top", ALL},
    {COMMAND_BOTTOM, {KEYS_END, 'G'}, "End G", NULL, "to the bottom", ALL},
    {COMMAND_OPEN,
     {KEYS_ENTER, '\r'},
     "Enter",
     "open",
     "open the session, or go to where the finding was seen",
     1u << SCREEN_SESSIONS | 1u << SCREEN_FINDINGS},
    {COMMAND_BACK, {KEYS_ESCAPE, 'q'}, "Esc q", "back", "back; from the sessions: leave the program", ALL},
    {COMMAND_LEAVE, {'Q'}, "Q", NULL, "leave the program from any screen", ALL},
    {COMMAND_SCREEN,
     {'1', '2', '3', '4', '5', '6', '7'},
     "1 ... 7",
     NULL,
     "to the screen of this number",
     ALL},
    {COMMAND_NEXT_SCREEN, {KEYS_TAB}, "Tab", NULL, "to the next screen", ALL},
    {COMMAND_NEXT_FAILURE, {'e'}, "e", "error", "to the next session with an error", FAILURES},
    {COMMAND_PREVIOUS_FAILURE, {'E'}, "E", NULL, "to the one before with an error", FAILURES},
    {COMMAND_SORT_LEFT, {'<', ','}, "<", NULL, "sort by the column to the left", LIST},
    {COMMAND_SORT_RIGHT,
     {'>', '.'},
     ">",
     "sort",
     "sort by the column to the right; where it had no room, it is shown from then on",
     LIST},
    {COMMAND_SORT_TURN, {'I', 'r'}, "r I", NULL, "sort the other way round", LIST},
    {COMMAND_SEARCH, {'/'}, "/", "search", "search on this screen: a text, capital letters are the same, or a term of the filter language such as state=failed", ALL},
    {COMMAND_FILTER,
     {'f'},
     "f",
     "filter",
     "list only what matches, as with --filter: sessions, on the screen of messages these; an empty line "
     "lists all",
     FILTERED},
    {COMMAND_NEXT_HIT, {'n'}, "n", NULL, "to the next hit", ALL},
    {COMMAND_PREVIOUS_HIT, {'N'}, "N", NULL, "to the hit before", ALL},
    {COMMAND_SAVE, {'s'}, "s", "save", "save packets, a report, certificates or messages to a file", ALL},
    {COMMAND_MARK,
     {' '},
     "Space",
     "mark",
     "mark the session, or take the mark away; then one line down",
     LIST},
    {COMMAND_UNMARK, {'U', 'u'}, "U u", NULL, "take all marks away", LIST},
    {COMMAND_COMPARE, {'='}, "=", "compare", "compare the two sessions that are marked, side by side", LIST},
    {COMMAND_PAUSE, {'p'}, "p", "pause", "hold the screen still; the capture goes on", ALL},
    {COMMAND_FOLLOW, {'A'}, "A", NULL, "keep to the end of the list as it grows", LIST | MESSAGES},
    {COMMAND_TIME, {'w'}, "w", NULL, "times: of the day, or since the capture began", TIMED},
    {COMMAND_REDRAW, {0x0c}, "^L", NULL, "draw the whole screen anew", ALL},
    {COMMAND_HELP, {'?', KEYS_F1}, "?", "help", "this help", ALL},
};

const size_t keys_n_rows = sizeof keys_rows / sizeof keys_rows[0];

const char keys_signs[] =
    "Signs: > the chosen line; + a marked session; * and (inferred): not measured; (assumed): a name that "
    "only the framing "
    "profile gives; - unknown or not there; ? not judged yet; E error, W warning, i information.";

bool keys_gives_way(enum command command, enum screen_id screen)
{
	return command == COMMAND_SEARCH && screen == SCREEN_SESSIONS;
}

static bool has_key(const struct command_row *row, int key)
{
	for (size_t k = 0; k < KEYS_OF_COMMAND && row->keys[k] != KEYS_NONE; k++)
		if (row->keys[k] == key)
			return true;
	return false;
}

enum command keys_command(int key, enum screen_id screen)
{
	for (size_t i = 0; i < keys_n_rows; i++)
		if ((keys_rows[i].screens >> screen & 1) != 0 && has_key(&keys_rows[i], key))
			return keys_rows[i].command;
	return COMMAND_NONE;
}

const char *keys_elsewhere(int key, unsigned *screens)
{
	for (size_t i = 0; i < keys_n_rows; i++)
		if (has_key(&keys_rows[i], key)) {
			*screens = keys_rows[i].screens;
			return keys_rows[i].shown;
		}
	return NULL;
}

const char *keys_screen_name(enum screen_id screen)
{
	static const char *const names[SCREENS] = {
	    [SCREEN_SESSIONS] = "Sessions", [SCREEN_STATUS] = "Status",     [SCREEN_HANDSHAKE] = "Handshake",
	    [SCREEN_AUTH] = "AuthList",     [SCREEN_MESSAGES] = "Messages", [SCREEN_FINDINGS] = "Findings",
	    [SCREEN_CAPTURE] = "Capture",   [SCREEN_COMPARE] = "Compare",
	};
	return names[screen];
}

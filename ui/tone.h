/*
 * What a piece of text means to the eye. Which colour that is, page.c says for the report and term.c for the
 * screen; neither lets the colour alone carry the meaning.
 */
#ifndef UI_TONE_H
#define UI_TONE_H

enum tone { TONE_PLAIN, TONE_HEADING, TONE_GOOD, TONE_WARNING, TONE_ERROR, TONES };

#endif

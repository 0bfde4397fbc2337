/*
 * The part of the text report that the MSE's NMSP Status page shows: subscribed services, messages by type,
 * and with -v the messages themselves. Called by text.c for a session whose plaintext was read.
 */
#ifndef UI_TEXT_MESSAGES_H
#define UI_TEXT_MESSAGES_H

#include "ui/page.h"

/* `row` is an opened row of view_sessions whose session has plaintext. */
void text_messages(const struct page *page, const struct row *row);

/* One message in two lines and a line for each field; `item` is an opened row of view_message_list. */
void text_messages_fields(const struct page *page, const struct row *item);

/* ... and its bytes. */
void text_messages_one(const struct page *page, const struct row *item);

/* Capabilities and subscriptions as they came; nothing where there are none. */
void text_messages_services(const struct page *page, const struct row *row);

#endif

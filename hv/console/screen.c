/*
 * console/screen.c: the status line and the last message. It writes to the text memory, never to
 * the video adapter's ports.
 */
#include "console/screen.h"
#include "layout.h"
#include "lib/string.h"
#include "machine.h"
#include "model/format.h"
#include "model/reasons.h"

#define COLUMNS      80
#define ROWS         25
#define STATUS_ROW   (ROWS - 1)
#define STATUS_ATTR  0x3000 /* black on cyan */
#define ALERT_ATTR   0x4F00 /* white on red */
#define BLANK        0x0720
#define BUSY_REASONS 4 /* how many kinds of exit the status line names */

static uint16_t drawn[COLUMNS]; /* the status line as it was written last */
static bool status_open;
static bool status_drawn; /* `drawn` holds a line, not the blanks of the beginning */

static volatile uint16_t *row_cells(uint32_t row)
{
    return (volatile uint16_t *)physical_pointer(VGA_TEXT) + row * COLUMNS;
}

/* Modes 2 and 3 are 80-column text on a colour adapter; B8000h is their memory. */
static bool is_text_mode(void)
{
    uint8_t mode = *(volatile uint8_t *)physical_pointer(BDA_VIDEO_MODE) & 0x7F;
    uint8_t columns = *(volatile uint8_t *)physical_pointer(BDA_VIDEO_COLUMNS);

    return (mode == 2 || mode == 3) && columns == COLUMNS;
}

static bool is_blank(uint16_t cell)
{
    uint8_t character = (uint8_t)cell;
    return character == ' ' || character == 0;
}

/* Free: the row holds what hv16 wrote there, or nothing at all. */
static bool row_is_free(void)
{
    volatile uint16_t *cells = row_cells(STATUS_ROW);
    bool blank = true, ours = true;

    for (uint32_t i = 0; i < COLUMNS; i++) {
        blank = blank && is_blank(cells[i]);
        ours = ours && cells[i] == drawn[i];
    }
    return blank || ours;
}

/* A guest that scrolls all 25 rows by itself takes our line along: it is in the row above now. */
static void remove_scrolled_copy(void)
{
    volatile uint16_t *cells = row_cells(STATUS_ROW - 1);

    if (!status_drawn)
        return;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        if (cells[i] != drawn[i])
            return;
    }
    for (uint32_t i = 0; i < COLUMNS; i++)
        cells[i] = BLANK;
    status_open = false; /* it would happen with every line that the guest prints */
}

void screen_status_open(void)
{
    volatile uint8_t *rows = physical_pointer(BDA_VIDEO_ROWS);

    if (!is_text_mode() || *rows != ROWS - 1)
        return;
    *rows = ROWS - 2;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        row_cells(STATUS_ROW)[i] = BLANK;
        drawn[i] = BLANK;
    }
    status_open = true;
}

/* The reason that occurred most often, or EXIT_REASON_MAX if none did. */
static uint32_t busiest(const uint64_t *counts)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < EXIT_REASON_MAX; i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return counts[best] != 0 ? best : EXIT_REASON_MAX;
}

static void status_text(const struct vcpu *vcpu, char text[COLUMNS + 1])
{
    uint64_t counts[EXIT_REASON_MAX];
    size_t length;

    memcpy(counts, vcpu->exits, sizeof counts);
    length = format_text(text, COLUMNS + 1, " hv16 | %lu exits", vcpu_exits_total(vcpu));
    for (uint32_t i = 0; i < BUSY_REASONS; i++) {
        uint32_t reason = busiest(counts);

        if (reason == EXIT_REASON_MAX)
            break;
        length += format_text(text + length, COLUMNS + 1 - length, "%s %s %lu", i == 0 ? " |" : ",",
                              exit_reason_name(reason), counts[reason]);
        counts[reason] = 0; /* named: the next one, please */
    }
    memset(text + length, ' ', COLUMNS - length);
    text[COLUMNS] = '\0';
}

void screen_status_draw(const struct vcpu *vcpu)
{
    char text[COLUMNS + 1];

    if (!status_open || !is_text_mode())
        return;
    remove_scrolled_copy();
    if (!status_open || !row_is_free())
        return;
    status_text(vcpu, text);
    status_drawn = true;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        drawn[i] = (uint16_t)(STATUS_ATTR | (uint8_t)text[i]);
        row_cells(STATUS_ROW)[i] = drawn[i];
    }
}

static void scroll_up(uint32_t bottom)
{
    for (uint32_t row = 0; row < bottom; row++) {
        for (uint32_t i = 0; i < COLUMNS; i++)
            row_cells(row)[i] = row_cells(row + 1)[i];
    }
    for (uint32_t i = 0; i < COLUMNS; i++)
        row_cells(bottom)[i] = ALERT_ATTR | ' ';
}

/* Writes `text` from `column` on, a row further up for each one that is full, and breaks it between
 * words. Returns the column after it. */
static uint32_t put_words(const char *text, uint32_t column)
{
    while (*text != '\0') {
        uint32_t length = 1; /* a word with the blank in front of it, if there is one */

        while (text[length] != '\0' && text[length] != ' ')
            length++;
        if (column + length > COLUMNS) {
            scroll_up(STATUS_ROW);
            column = 0;
        }
        for (; length > 0; length--, text++) {
            if (column < COLUMNS && (column > 0 || *text != ' '))
                row_cells(STATUS_ROW)[column++] = (uint16_t)(ALERT_ATTR | (uint8_t)*text);
        }
    }
    return column;
}

void screen_message(const char *text)
{
    if (!is_text_mode())
        return;
    scroll_up(STATUS_ROW);
    put_words(text, put_words("hv16: ", 0));
}

/*
 * console/screen.c: the status line and the last message. It writes to the text memory, never to
 * the video adapter's ports.
 */
#include "console/screen.h"
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

static uint16_t drawn[COLUMNS]; /* the status line as it was written last; zeros if never */
static bool status_open;

static uint16_t *row_cells(uint32_t row)
{
    return (uint16_t *)physical_pointer(VGA_TEXT) + row * COLUMNS;
}

/* Modes 2 and 3 are 80-column text on a colour adapter; B8000h is their memory. */
static bool is_text_mode(void)
{
    uint8_t mode = *(volatile uint8_t *)physical_pointer(BDA_VIDEO_MODE) & 0x7F;
    uint8_t columns = *(volatile uint8_t *)physical_pointer(BDA_VIDEO_COLUMNS);

    return (mode == 2 || mode == 3) && columns == COLUMNS;
}

/* Free: the row holds what hv16 wrote there, or nothing at all. */
static bool row_is_free(void)
{
    const uint16_t *cells = row_cells(STATUS_ROW);

    if (memcmp(cells, drawn, sizeof drawn) == 0)
        return true;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        uint8_t character = (uint8_t)cells[i];
        if (character != ' ' && character != 0)
            return false;
    }
    return true;
}

/* A guest that scrolls all 25 rows by itself takes our line along: it is in the row above now. */
static void remove_scrolled_copy(void)
{
    uint16_t *cells = row_cells(STATUS_ROW - 1);

    if (drawn[0] == 0 || memcmp(cells, drawn, sizeof drawn) != 0)
        return;
    for (uint32_t i = 0; i < COLUMNS; i++)
        cells[i] = BLANK;
    status_open = false; /* it would happen with every line that the guest prints */
}

void screen_status_open(void)
{
    volatile uint8_t *rows = physical_pointer(BDA_VIDEO_ROWS);

    if (!machine.options.status_line || !is_text_mode() || *rows != ROWS - 1)
        return;
    *rows = ROWS - 2;
    for (uint32_t i = 0; i < COLUMNS; i++)
        row_cells(STATUS_ROW)[i] = BLANK;
    status_open = true;
}

/* The reason that occurred most often. */
static uint32_t busiest(const uint64_t *counts)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < EXIT_REASON_MAX; i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return best;
}

static void status_text(const struct vcpu *vcpu, char text[COLUMNS + 1])
{
    uint64_t counts[EXIT_REASON_MAX];
    size_t length;

    memcpy(counts, vcpu->exits, sizeof counts);
    length = format_text(text, COLUMNS + 1, " hv16 | %lu exits", vcpu_exits_total(vcpu));
    for (uint32_t i = 0; i < BUSY_REASONS; i++) {
        uint32_t reason = busiest(counts);

        if (counts[reason] == 0)
            break;
        length += format_text(text + length, COLUMNS + 1 - length, "%s %s %lu", i == 0 ? " |" : ",",
                              exit_reason_name(reason), counts[reason]);
        counts[reason] = 0; /* named: the next one, please */
    }
    memset(text + length, ' ', COLUMNS - length);
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
    for (uint32_t i = 0; i < COLUMNS; i++)
        drawn[i] = (uint16_t)(STATUS_ATTR | (uint8_t)text[i]);
    memcpy(row_cells(STATUS_ROW), drawn, sizeof drawn);
}

static void scroll_up(void)
{
    memmove(row_cells(0), row_cells(1), STATUS_ROW * sizeof drawn);
    for (uint32_t i = 0; i < COLUMNS; i++)
        row_cells(STATUS_ROW)[i] = ALERT_ATTR | ' ';
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
            scroll_up();
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
    scroll_up();
    put_words(text, put_words("hv16: ", 0));
}

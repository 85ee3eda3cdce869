/*
 * model/options.c: the text sector that sets hv16 up.
 */
#include "model/options.h"
#include "model/format.h"
#include "model/option_keys.h"

#define WORD_MAX 47   /* longest word: every message fits OPTIONS_ERROR_SIZE */
#define END_MARK 0x1A /* Ctrl-Z, with which DOS editors end a text */

/* Lists the known keys out of the table, so that the message cannot grow stale. */
static void describe_unknown(const char *word, char error[OPTIONS_ERROR_SIZE])
{
    size_t used = format_text(error, OPTIONS_ERROR_SIZE, "unknown option \"%s\"; known:", word);

    for (size_t i = 0; i < option_key_count; i++)
        used += format_text(error + used, OPTIONS_ERROR_SIZE - used, " %s", option_keys[i].name);
}

/* Where the value starts in `word` if it is `name`=VALUE, otherwise NULL. */
static const char *value_of(const char *word, const char *name)
{
    while (*name != '\0' && *word == *name) {
        word++;
        name++;
    }
    return *name == '\0' && *word == '=' ? word + 1 : NULL;
}

static bool has_equals_sign(const char *word)
{
    while (*word != '\0' && *word != '=')
        word++;
    return *word == '=';
}

static bool set_word(struct options *options, const char *word, char error[OPTIONS_ERROR_SIZE])
{
    if (!has_equals_sign(word)) {
        format_text(error, OPTIONS_ERROR_SIZE, "option \"%s\" has no value: write KEY=VALUE", word);
        return false;
    }
    for (size_t i = 0; i < option_key_count; i++) {
        const char *value = value_of(word, option_keys[i].name);
        if (value == NULL)
            continue;
        if (option_set(&option_keys[i], options, value))
            return true;
        format_text(error, OPTIONS_ERROR_SIZE, "option \"%s\": needs %s", word,
                    option_keys[i].needs);
        return false;
    }
    describe_unknown(word, error);
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool at_end(const char *text, size_t size)
{
    return size == 0 || *text == '\0' || *text == END_MARK;
}

/* Copies the word that `text` starts with to `word`; returns its length, which may be larger than
 * what was copied. No value contains a '?', so putting it for bytes that no screen can show turns
 * nothing wrong into something right. */
static size_t copy_word(const char *text, size_t size, char word[WORD_MAX + 1])
{
    size_t length = 0, copied = 0;

    for (; !at_end(text + length, size - length) && !is_space(text[length]); length++) {
        char c = text[length];
        if (copied < WORD_MAX)
            word[copied++] = c > ' ' && c <= '~' ? c : '?';
    }
    word[copied] = '\0';
    return length;
}

bool options_parse(struct options *options, const char *text, size_t size,
                   char error[OPTIONS_ERROR_SIZE])
{
    char word[WORD_MAX + 1];

    options_set_defaults(options);
    error[0] = '\0';
    while (!at_end(text, size)) {
        size_t length = 1;
        if (!is_space(*text)) {
            length = copy_word(text, size, word);
            bool fits = length <= WORD_MAX;
            if (!fits)
                format_text(error, OPTIONS_ERROR_SIZE,
                            "option \"%s...\" is too long: %d characters at most", word, WORD_MAX);
            if (!fits || !set_word(options, word, error)) {
                options_set_defaults(options);
                return false;
            }
        }
        text += length;
        size -= length;
    }
    return true;
}

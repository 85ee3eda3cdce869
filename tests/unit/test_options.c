/*
 * test_options.c: model/options.c, every key with its values, and every message word for word.
 */
#include "model/options.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// clang-format off: cmocka.h needs the headers above
#include <cmocka.h>
// clang-format on

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct options options;
static char error[OPTIONS_ERROR_SIZE];

static bool parse(const char *text)
{
    memset(&options, 0xEE, sizeof options);
    memset(error, '#', sizeof error);
    return options_parse(&options, text, strlen(text), error);
}

static void assert_good(const char *text)
{
    if (!parse(text))
        fail_msg("\"%s\" was refused: %s", text, error);
    assert_string_equal(error, "");
}

static void assert_defaults(void)
{
    assert_int_equal(options.guest, GUEST_ACTIVE_PARTITION);
    assert_true(options.log_e9);
    assert_true(options.log_com2);
    assert_int_equal(options.level, LOG_INFO);
    assert_false(options.trace_exits);
    assert_true(options.status_line);
    assert_int_equal(options.cpus, 8);
    assert_int_equal(options.init, INIT_AUTO);
    assert_int_equal(options.reset, RESET_GUEST);
    assert_int_equal(options.apic, APIC_AUTO);
    assert_int_equal(options.poke_count, 0);
}

static void assert_bad(const char *text, const char *message)
{
    if (parse(text))
        fail_msg("\"%s\" was accepted", text);
    assert_string_equal(error, message);
    assert_defaults();
}

static void test_defaults(void **state)
{
    static const char *const empty[] = {"", " ", "\r\n\t ", "\x1A guest=1", "\n\x1A#"};
    (void)state;

    for (size_t i = 0; i < LENGTH(empty); i++) {
        assert_good(empty[i]);
        assert_defaults();
    }
}

static void test_guest(void **state)
{
    char text[32];
    (void)state;

    for (unsigned drive = 0; drive < 0x100; drive++) {
        static const char *const forms[] = {"guest=%u", "guest=0x%x", "guest=0x%02X", "guest=%04u"};
        for (size_t i = 0; i < LENGTH(forms); i++) {
            snprintf(text, sizeof text, forms[i], drive);
            assert_good(text);
            assert_int_equal(options.guest, drive);
        }
    }
    assert_good("guest=0x80 guest=active");
    assert_int_equal(options.guest, GUEST_ACTIVE_PARTITION);
}

static void test_log(void **state)
{
    static const struct {
        const char *text;
        bool e9, com2;
    } cases[] = {
        {"log=none", false, false},  {"log=e9", true, false},     {"log=com2", false, true},
        {"log=e9,com2", true, true}, {"log=com2,e9", true, true}, {"log=none log=e9", true, false},
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        assert_good(cases[i].text);
        assert_int_equal(options.log_e9, cases[i].e9);
        assert_int_equal(options.log_com2, cases[i].com2);
    }
}

static void test_named_values(void **state)
{
    static const char *const levels[] = {"level=error", "level=warn", "level=info", "level=debug"};
    static const char *const apics[] = {"apic=off",   "apic=mmio",   "apic=tpr-ro", "apic=tpr",
                                        "apic=apicv", "apic=x2apic", "apic=posted", "apic=auto"};
    static const char *const bugs[] = {"bug=none", "bug=stale-tpr", "bug=no-threshold",
                                       "bug=raw-page", "bug=sticky-init"};
    static const char *const resets[] = {"reset=guest", "reset=stop", "reset=machine"};
    (void)state;

    for (size_t i = 0; i < LENGTH(levels); i++) {
        assert_good(levels[i]);
        assert_int_equal(options.level, LOG_ERROR + (int)i);
    }
    for (size_t i = 0; i < LENGTH(resets); i++) {
        assert_good(resets[i]);
        assert_int_equal(options.reset, RESET_GUEST + (int)i);
    }
    for (size_t i = 0; i < LENGTH(apics); i++) {
        assert_good(apics[i]);
        assert_int_equal(options.apic, APIC_OFF + (int)i);
    }
    for (size_t i = 0; i < LENGTH(bugs); i++) {
        assert_good(bugs[i]);
        assert_int_equal(options.bug, BUG_NONE + (int)i);
    }
    for (uint32_t cpus = 1; cpus <= 8; cpus++) {
        char text[8];
        snprintf(text, sizeof text, "cpus=%u", cpus);
        assert_good(text);
        assert_int_equal(options.cpus, cpus);
    }
    assert_good("init=ack");
    assert_int_equal(options.init, INIT_ACK);
    assert_good("init=storm");
    assert_int_equal(options.init, INIT_STORM);
    assert_good("init=storm init=auto");
    assert_good("trace=exits status=off");
    assert_true(options.trace_exits);
    assert_false(options.status_line);
    assert_good("trace=exits status=off trace=none status=on");
    assert_defaults();
}

static void test_poke(void **state)
{
    (void)state;

    assert_good("poke=0x681E:0xffffffffffffffff poke=26654:18446744073709551615 "
                "poke=0xFFFFFFFF:0 poke=0:007");
    assert_int_equal(options.poke_count, 4);
    assert_true(options.poke[0].field == 0x681E && options.poke[0].value == UINT64_MAX);
    assert_true(options.poke[1].field == 26654 && options.poke[1].value == UINT64_MAX);
    assert_true(options.poke[2].field == UINT32_MAX && options.poke[2].value == 0);
    assert_true(options.poke[3].field == 0 && options.poke[3].value == 7);
    assert_bad("poke=0:0 poke=1:0 poke=2:0 poke=3:0 poke=4:0",
               "option \"poke=4:0\": needs FIELD:VALUE, two numbers, at most 4 times");
}

/* Every wrong value of every key; the message is the key's. */
static void test_wrong_values(void **state)
{
    static const struct {
        const char *needs, *words[20];
    } cases[] = {
        {"\"active\" or a drive from 0 to 0xff",
         {"guest=", "guest=256", "guest=512", "guest=0x100", "guest=0x", "guest=0xg", "guest=-1",
          "guest=8f", "guest=0X80", "guest=ACTIVE", "guest=active2", "guest=activ", "guest=1,2",
          "guest=18446744073709551616", "guest=0x10000000000000000", "guest=a", "guest==1"}},
        {"\"none\", \"e9\", \"com2\" or \"e9,com2\"",
         {"log=", "log=com1", "log=e9,", "log=,e9", "log=e9,none", "log=E9", "log=e9,e9",
          "log=e9com2", "log=nones", "log=0xe9"}},
        {"\"error\", \"warn\", \"info\" or \"debug\"",
         {"level=", "level=4", "level=Debug", "level=warning", "level=err"}},
        {"\"exits\" or \"none\"", {"trace=", "trace=exit", "trace=on", "trace=exits,none"}},
        {"\"on\" or \"off\"", {"status=", "status=1", "status=yes", "status=o", "status=onn"}},
        {"\"guest\", \"stop\" or \"machine\"", {"reset=", "reset=halt", "reset=0", "reset=gues"}},
        {"off mmio tpr-ro tpr apicv x2apic posted or auto", {"apic=", "apic=on", "apic=tpr-rw"}},
        {"none stale-tpr no-threshold raw-page or sticky-init",
         {"bug=", "bug=tpr", "bug=stale_tpr"}},
        {"a number from 1 to 8", {"cpus=", "cpus=0", "cpus=9", "cpus=256", "cpus=all", "cpus=1,2"}},
        {"\"auto\", \"ack\" or \"storm\"", {"init=", "init=on", "init=acknowledge"}},
        {"FIELD:VALUE, two numbers, at most 4 times",
         {"poke=", "poke=1", "poke=:", "poke=1:", "poke=:1", "poke=1:2:3", "poke=1=2", "poke=1;2",
          "poke=0x100000000:1", "poke=4294967296:1", "poke=1:18446744073709551616",
          "poke=1:0x10000000000000000", "poke=0x:1", "poke=1:0x", "poke=a:1", "poke=1:0xg"}},
    };
    char message[256];
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        for (const char *const *word = cases[i].words; *word != NULL; word++) {
            snprintf(message, sizeof message, "option \"%s\": needs %s", *word, cases[i].needs);
            assert_true(strlen(message) < OPTIONS_ERROR_SIZE);
            assert_bad(*word, message);
        }
    }
}

static void test_wrong_words(void **state)
{
    (void)state;

    assert_bad("gest=0x80", "unknown option \"gest=0x80\"; "
                            "known: guest log level trace status reset apic bug cpus init poke");
    assert_bad(
        "=1",
        "unknown option \"=1\"; known: guest log level trace status reset apic bug cpus init poke");
    assert_bad("Log=e9", "unknown option \"Log=e9\"; "
                         "known: guest log level trace status reset apic bug cpus init poke");
    assert_bad("logs=e9", "unknown option \"logs=e9\"; "
                          "known: guest log level trace status reset apic bug cpus init poke");
    assert_bad("lo=e9", "unknown option \"lo=e9\"; known: guest log level trace status reset apic "
                        "bug cpus init poke");
    assert_bad("guest", "option \"guest\" has no value: write KEY=VALUE");
    assert_bad("log=none xyz", "option \"xyz\" has no value: write KEY=VALUE");
    assert_bad("guest = 1", "option \"guest\" has no value: write KEY=VALUE");
    assert_bad("\xFF\x01\x7Fl=e9",
               "unknown option \"\?\?\?l=e9\"; "
               "known: guest log level trace status reset apic bug cpus init poke");
}

/* The longest words still get their whole message, and longer ones a message of their own. */
static void test_long_words(void **state)
{
    char word[100], message[256];
    (void)state;

    for (int length = 40; length < 60; length++) {
        snprintf(word, sizeof word, "k=%0*d", length - 2, 0);
        if (length <= 47)
            snprintf(message, sizeof message,
                     "unknown option \"%s\"; known: guest log level trace status reset apic bug "
                     "cpus init poke",
                     word);
        else
            snprintf(message, sizeof message,
                     "option \"%.47s...\" is too long: 47 characters at most", word);
        assert_true(strlen(message) < OPTIONS_ERROR_SIZE);
        assert_bad(word, message);
    }
    assert_bad("poke=0x00000000000000000000000000000000000001:1 x",
               "option \"x\" has no value: write KEY=VALUE");
    /* What fits would be a good word by itself. */
    assert_bad("guest=000000000000000000000000000000000000000001",
               "option \"guest=00000000000000000000000000000000000000000...\" is too long: "
               "47 characters at most");
}

static void test_white_space_and_ends(void **state)
{
    static const char spaces[] = " \t\n\v\f\r";
    char text[64];
    (void)state;

    for (size_t i = 0; i < sizeof spaces - 1; i++) {
        char c = spaces[i];
        snprintf(text, sizeof text, "%c%cguest=2%creset=stop%c", c, c, c, c);
        assert_good(text);
        assert_true(options.guest == 2 && options.reset == RESET_STOP);
    }
    assert_good("guest=1\x1Agarbage");
    assert_int_equal(options.guest, 1);
    assert_true(options_parse(&options, "guest=3\0garbage", 15, error));
    assert_int_equal(options.guest, 3);
    assert_true(options_parse(&options, "guest=129", 8, error)); /* the size cuts the 9 off */
    assert_int_equal(options.guest, 12);
    assert_true(options_parse(&options, "x", 0, error));
}

/* Random sectors from the characters that matter, in a block of their exact size: whatever comes,
 * nothing past the text is read (the sanitizer watches) and a refusal has a printable line. */
static void test_random_text(void **state)
{
    static const char *const pieces[] = {"guest", "log",    "poke", "=",    "0x", "1",
                                         ":",     "e9",     ",",    "com2", " ",  "\r\n",
                                         "\x1A",  "active", "\xFF", "on",   "f",  "status"};
    unsigned good = 0;
    (void)state;

    srand(1);
    for (unsigned round = 0; round < 200000; round++) {
        char text[64] = "";
        for (int i = rand() % 8; i > 0; i--)
            strcat(text, pieces[(size_t)rand() % LENGTH(pieces)]);
        size_t size = strlen(text);
        char *exact = malloc(size + (size == 0));
        memcpy(exact, text, size);
        memset(error, '#', sizeof error);
        bool result = options_parse(&options, exact, size, error);
        free(exact);
        good += result;
        assert_int_equal(error[0] == '\0', result);
        assert_non_null(memchr(error, '\0', sizeof error));
        for (const char *c = error; *c != '\0'; c++)
            assert_in_range(*c, ' ', '~');
    }
    assert_in_range(good, 1000, 199000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),    cmocka_unit_test(test_guest),
        cmocka_unit_test(test_log),         cmocka_unit_test(test_named_values),
        cmocka_unit_test(test_poke),        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_wrong_words), cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_random_text), cmocka_unit_test(test_white_space_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

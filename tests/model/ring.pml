/* The ring's memory (web/stream/ring.c): what a reader is sending, the writer does not overwrite.
 *
 * One writer appends frames 0, 1, 2 … into PLACES places; two readers go from the oldest frame to the
 * head, each at its own pace, and sometimes join again. A frame is written in two steps and read in
 * two steps, so a torn one would be seen.
 *
 *   here                     there
 *   tail, head, hold[r]      the same members of struct bw_ring, all sequentially consistent
 *   make_room                make_room() and move_tail(): first the tail, then the wait for holds
 *   hold                     bw_ring_hold(): first the hold, then a look at the tail
 *   join                     bw_ring_join()
 *
 * Broken variants that must be found: NO_SECOND_LOOK (a reader that holds does not look at the tail
 * again), NO_WAIT (the writer does not wait for holds), HOLD_FIRST (the writer looks at the holds
 * before it moves the tail). */

#define FRAMES 5
#define PLACES 2
#define READERS 2
#define NO_HOLD 255

byte tail = 0, head = 0;
byte hold[READERS] = NO_HOLD;
byte first_half[PLACES] = NO_HOLD; /* of the frame that lies in a place: its number, twice */
byte second_half[PLACES] = NO_HOLD;

inline wait_for_holds(r, new_tail)
{
    r = 0;
    do
    :: r < READERS && hold[r] >= new_tail -> r++
    :: r == READERS -> break
    od
}

inline make_room(r)
{
    if
    :: head - tail == PLACES ->
#if defined NO_WAIT
        tail++
#elif defined HOLD_FIRST
        wait_for_holds(r, tail + 1);
        tail++
#else
        tail++;
        wait_for_holds(r, tail)
#endif
    :: else
    fi
}

active proctype writer()
{
    byte r;
    do
    :: head < FRAMES ->
        make_room(r);
        first_half[head % PLACES] = head;
        second_half[head % PLACES] = head;
        head++
    :: head == FRAMES -> break
    od
}

/* got: the frame is there and stays until the hold is moved. */
inline take_hold(number, got)
{
    hold[_pid - 1] = number;
#ifdef NO_SECOND_LOOK
    got = true;
#else
    if
    :: tail <= number -> got = true
    :: else -> got = false; hold[_pid - 1] = NO_HOLD
    fi
#endif
}

active [READERS] proctype reader()
{
    byte at = 0;
    bool got;
    do
    :: at == FRAMES -> break
    :: at < head ->
        take_hold(at, got);
        if
        :: got ->
            assert(first_half[at % PLACES] == at);
            assert(second_half[at % PLACES] == at);
            at++;
            if
            :: hold[_pid - 1] = NO_HOLD /* the round is over */
            :: true                     /* there is more to send: it keeps what it holds */
            fi
        :: else -> at = tail /* fell behind: catches up elsewhere, and joins again */
        fi
    od;
    hold[_pid - 1] = NO_HOLD
}


/* Several topics as one stream, and what is promised (web/stream/merge.h, bridge.c, view.c).
 *
 * The bus commits EVENTS events, each of one of two topics, or of a kind that cannot be told. They come in
 * order within a topic, and in any order across topics. What is missing may be given up, once, at any
 * moment; heartbeats come when everything up to their head has come.
 *
 *   here                       there
 *   pass, keep, tell_settled   merge() in bridge.c, merge.c
 *   give_up                    stop_waiting() in bridge.c
 *   heartbeat                  catch_up_with() in clients/c/follow.c, bw_bridge_reached()
 *   promise                    bw_hub_settle()
 *   both, one                  watchers of the merged ring, and of one topic's: catchup.c, view.c
 *   a place                    what a watcher comes back with: bw_view_place()
 *
 * Checked: a frame is beyond the watcher's place, and nothing of its topics is between; so no place is
 * ahead of what may still come. When nothing more can happen both are at the head, though only one of
 * them was told anything lately: a place does not stand still for good.
 *
 * Each name after #ifdef or #ifndef that is not given a number is a mistake that must be found. */

#ifndef EVENTS
#define EVENTS 4
#endif
#define OTHER 2 /* cannot be told: nobody wants it, and it never comes */

byte topic[EVENTS + 1];
bool is_set;

/* --- Rings: frames in the order in which they were appended; `tail` is where the merged one was cut */

byte merged[EVENTS + 2], n_merged, tail, last, since;
byte single[EVENTS], n_single; /* of topic 0 */
byte passed, promise;

inline append_merged(seq)
{
    if
    :: seq > last -> merged[n_merged] = seq; last = seq; n_merged++
    :: else /* the ring was cut beyond it */
    fi
}

/* --- The bridge ----------------------------------------------------------------------------------- */

byte settled, told;
bool exact = true, marked[EVENTS + 2], waits[EVENTS + 1];

inline settle()
{
    do
    :: settled < EVENTS && marked[settled + 1] -> settled++
    :: else -> break
    od
}

inline tell_settled()
{
    do
    :: told < settled ->
        told++;
        if
        :: waits[told] -> append_merged(told); waits[told] = false
        :: else
        fi
    :: else -> break
    od
}

inline make_promise()
{
    if
#ifdef PROMISES_ANYHOW
    :: settled > promise -> promise = settled
#endif
    :: exact -> promise = settled
    :: !exact
    fi
}

inline pass(seq)
{
    if
    :: seq > passed -> passed = seq
    :: else
    fi;
    if
    :: topic[seq] == 0 -> single[n_single] = seq; n_single++
    :: else
    fi;
#ifdef PROMISES_FIRST
    atomic { marked[seq] = true; settle() };
    make_promise();
#endif
    if
    :: seq <= told -> append_merged(seq)
    :: else -> atomic { waits[seq] = true; marked[seq] = true; settle() }
    fi;
    tell_settled();
    make_promise()
}

inline give_up()
{
    d_step { settled = passed; told = passed; exact = false; i = 0;
        do
        :: i <= EVENTS -> waits[i] = false; i++
        :: else -> break
        od
    };
#ifndef CUTS_NOTHING
    since = passed;
    d_step { last = passed; n_merged++; tail = n_merged } /* one number is nobody's */
#endif
}

/* Everything up to `head` has come. */
inline heartbeat(head)
{
    if
    :: head >= settled ->
#ifndef NEVER_AGAIN
        exact = true;
#endif
        atomic { settled = head; settle() }
    :: head < settled
#ifdef EXACT_TOO_SOON
        ; exact = true
#endif
    fi;
    tell_settled();
    make_promise()
}

/* The next of a topic after `seq`; beyond EVENTS: none. */
inline next_of(which, seq)
{
    seq++;
    do
    :: seq <= EVENTS && topic[seq] != which -> seq++
    :: else -> break
    od
}

active proctype bridge()
{
    byte next0, next1, head, i = 1;
    bool gave_up;
    do
    :: i <= EVENTS ->
        if
        :: topic[i] = 0
        :: topic[i] = 1
        :: topic[i] = OTHER
        fi;
        i++
    :: else -> break
    od;
    atomic { next_of(0, next0); next_of(1, next1); is_set = true };
    do
    :: next0 <= EVENTS -> pass(next0); atomic { next_of(0, next0) }
    :: next1 <= EVENTS -> pass(next1); atomic { next_of(1, next1) }
    :: !gave_up && settled < passed -> gave_up = true; give_up()
    :: head < EVENTS && head + 1 < next0 && head + 1 < next1 -> head++; heartbeat(head)
    :: next0 > EVENTS && next1 > EVENTS && head == EVENTS -> break
    od
}

/* --- Watchers ------------------------------------------------------------------------------------- */

byte place_of_one, place_of_both;
byte between;

inline check_nothing(from, to, is_wanted)
{
    d_step {
        between = from + 1;
        do
        :: between < to -> assert(!(is_wanted)); between++
        :: else -> break
        od;
        between = 0
    }
}

active proctype one()
{
    byte number, promised;
    is_set;
end:
    do
    :: number < n_single ->
        assert(single[number] > place_of_one);
        check_nothing(place_of_one, single[number], topic[between] == 0);
        place_of_one = single[number];
        number++
    :: promise > place_of_one -> /* a heartbeat is written, or a filter changed */
        promised = promise;
        if
        :: d_step { number == n_single && promised > place_of_one -> place_of_one = promised }
        :: number != n_single || promised <= place_of_one
        fi;
        promised = 0
    od
}

active proctype both()
{
    byte number, promised, journaled;
    is_set;
end:
    do
    :: d_step { number >= tail && number < n_merged && merged[number] > place_of_both ->
            check_nothing(place_of_both, merged[number], topic[between] != OTHER);
            place_of_both = merged[number];
            number++
        }
    :: d_step { number >= tail && number < n_merged && merged[number] <= place_of_both ->
            assert(since > 0); /* it was in a page; without one nothing comes twice */
            number++
        }
    :: number < tail -> /* it fell behind: the journal has everything that has passed, in order */
        journaled = passed;
        if
        :: journaled > place_of_both -> place_of_both = journaled
        :: else
        fi;
        if
        :: d_step { place_of_both >= since -> number = tail }
        :: else
        fi;
        journaled = 0
    :: promise > place_of_both && number >= tail ->
        promised = promise;
        if
        :: d_step { number == n_merged && promised > place_of_both -> place_of_both = promised }
        :: number != n_merged || promised <= place_of_both
        fi;
        promised = 0
    od
}

active proctype rest()
{
    timeout;
    assert(place_of_one == EVENTS && place_of_both == EVENTS)
}

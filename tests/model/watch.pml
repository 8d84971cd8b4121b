/* Cursor, ring, replay and conflation: how one watcher gets everything, whatever happens in between.
 *
 * The journal commits EVENTS events, some of the watched topic and some of others, in every possible
 * pattern; what it publishes may get lost. A bridge fetches what was lost and keeps the latest RING
 * events of the topic; a connection is served from there, or from the journal, a page at a time.
 * Meanwhile the journal drops its oldest events, the connection is cut, and the web half is killed, at
 * any moment, but a bounded number of times. The watcher replays, or conflates (CONFLATE), and reads
 * when it likes.
 *
 *   here                     there
 *   journal, row             bus/writer.c, bus/publish.c; what it answers: bus/journal/read_*.c
 *   bridge                   clients/c/follow.c (what is missing) and web/stream/bridge.c
 *   passed, since, resets    web/stream/hub.c
 *   tail, top, frame_…       web/stream/ring.c, without the bytes: those are in ring.pml
 *   server                   web/stream/catchup.c up to `live`, and from there view.c
 *   watcher                  a page, with its cursor and what it shows of each task
 *
 * Checked in every state:
 *   - an event is the next of its topic after the watcher's cursor: none is lost, none comes twice;
 *   - what is shown of a task never gets older, and is right or will be corrected: a later event of
 *     that task is in the journal beyond the cursor. So no terminal state is missed or undone.
 * Wherever nothing more can happen the watcher is live, has everything, and shows each task as the
 * journal has it (process `rest`); and every run in which nobody is kept from going on gets there
 * (claim `comes_to_rest`, with weak fairness).
 *
 * Left out: further connections (they share nothing that one of them changes), filters, and another
 * journal (`epoch`), which takes the road of `retention`: reset, snapshot, and on.
 *
 * Each name after #ifdef or #ifndef that is not given a number is a mistake that must be found;
 * check.py runs them. */

#define TASKS 2
#ifndef EVENTS
#define EVENTS 4
#endif
#ifndef RING
#define RING 1 /* frames it holds */
#endif
#ifndef CUTS
#define CUTS 1 /* how often the connection may be cut */
#endif
#ifndef KILLS
#define KILLS 0 /* how often the web half may be killed */
#endif
#ifndef DROPS
#define DROPS 0 /* how many of its oldest events the journal may drop */
#endif

#ifndef CONFLATE
#define CONFLATE false
#endif

#define task_of(seq) ((seq) % TASKS)
#define no_of_frames (EVENTS + DROPS + 2)

/* --- The journal: everything here changes in one transaction ------------------------------------ */

byte committed;        /* the last event's seq; they begin at 1 */
byte oldest = 1;       /* that it still has */
bool ours[EVENTS + 1]; /* of the watched topic */
byte topic_head;       /* the last of ours */
byte row[TASKS];       /* the task table: which event each is as of */
chan pub = [1] of { byte, byte }; /* prev, seq */

active proctype journal()
{
    byte drops = DROPS;
    do
    :: atomic { committed < EVENTS ->
            committed++;
            if
            :: ours[committed] = true;
               row[task_of(committed)] = committed;
               if
               :: nfull(pub) -> pub ! topic_head, committed
               :: true /* nng drops it */
               fi;
               topic_head = committed
            :: true /* another topic's */
            fi
        }
    :: atomic { drops > 0 && oldest <= committed -> drops--; oldest++ }
    :: committed == EVENTS && drops == 0 -> break
    od
}

/* --- The bridge: fills the ring, which is there from start to stop -------------------------------- */

bool running;
byte passed, since, resets;
byte tail, top; /* the numbers of the ring's oldest frame and of the next to come */
byte frame_seq[no_of_frames];
byte frame_prev[no_of_frames]; /* nothing is missing between this and the frame */

inline forget_oldest()
{
    frame_seq[tail] = 0;
    frame_prev[tail] = 0;
    tail++
}

inline deliver(seq)
{
    passed = seq;
    if
    :: ours[seq] ->
        if
        :: top - tail == RING -> forget_oldest()
        :: else
        fi;
        frame_seq[top] = seq;
        top++;
        frame_prev[top] = seq
    :: else
    fi
}

/* The journal does not have what is missing: everybody begins anew, after `place`. */
inline reset(place)
{
    passed = place;
    resets++;
    since = place;
    atomic {
        do
        :: tail <= top -> forget_oldest()
        :: else -> break
        od;
        top++; /* so that who waits at the head is behind as well */
        frame_prev[top] = place
    }
}

/* Asks for what is missing, up to an event. As in the code, the place moves first. */
inline fetch(to)
{
    do
    :: d_step { place < to && place + 1 >= oldest -> place++; deliver(place) }
    :: d_step { place < to && place + 1 < oldest -> place = committed } reset(place)
    :: place >= to -> break
    od
}

active proctype bridge()
{
    byte place, prev, seq; /* everything up to its place was delivered */
again:
    atomic {
        running = true;
        if
        :: place = oldest - 1 /* it begins so far back … */
        :: place = committed  /* … or so far */
        fi;
        passed = place; since = place; frame_prev[0] = place
    }
    {
end_waiting:
        do
        :: pub ? prev, seq ->
#ifndef NO_PREV
            fetch(prev);
#endif
            atomic {
                if
                :: seq > place -> place = seq; deliver(place)
                :: else /* it was fetched already */
                fi;
                prev = 0; seq = 0
            }
#ifndef NO_HEARTBEAT
        :: place < topic_head -> fetch(topic_head)
#endif
        od
    } unless { !running };
    goto again
}

/* --- A connection's server side ------------------------------------------------------------------ */

mtype = { SUBSCRIBED, EVENT, ROWS };
chan sock = [1] of { mtype, byte, byte, byte }; /* the cursor after it; the tasks' rows, 0: none */
bool up, served, live;
byte cursor; /* the watcher's */

#ifdef ASKS_FOR_EVER
#define reaches_back_to(place) (since < place && frame_prev[tail] < place)
#else
#define reaches_back_to(place) (since <= place && frame_prev[tail] <= place)
#endif

/* Finds the first frame after `place`. */
inline find_frame()
{
#ifdef JOIN_AT_HEAD
    number = top;
#else
    number = tail;
    do
    :: number < top && frame_seq[number] <= place -> number++
    :: else -> break
    od
#endif
}

/* Of the events after `place`: one, or the rest. They are those of ours up to `next`. */
inline answer_events()
{
    next = place;
    do
    :: next < committed ->
        next++;
        if
        :: ours[next] -> break
        :: else
        fi
    :: next == committed -> break
    od;
    more = next < topic_head;
    next = (more -> next : committed)
}

/* Of the tasks changed after `place`: the first, or the rest. */
inline answer_changed()
{
    rows[0] = (row[0] > place -> row[0] : 0);
    rows[1] = (row[1] > place -> row[1] : 0);
    next = committed;
    if
    :: rows[0] && rows[1] && rows[0] < rows[1] -> next = rows[0]; rows[1] = 0
    :: rows[0] && rows[1] && rows[1] < rows[0] -> next = rows[1]; rows[0] = 0
    :: else
    fi;
    more = next < committed
}

active proctype server()
{
    byte place;  /* the client has everything up to here */
    byte number; /* of the frame to send next */
    byte next, journaled, my_resets;
    byte rows[TASKS];
    bool more, announced;
again:
    atomic { up -> served = true; place = cursor; announced = false };
    {
        my_resets = resets;

go_on_after: /* place */
        if
        :: atomic { reaches_back_to(place) -> find_frame() }
            goto joined
        :: !reaches_back_to(place) -> goto ask
        fi;

ask:
        journaled = passed;
        if
        :: place + 1 < oldest -> goto start_over
        :: d_step { CONFLATE && place + 1 >= oldest -> answer_changed() }
#ifdef ROWS_THEN_HEAD
            next = committed;
#endif
        :: d_step { !CONFLATE && place + 1 >= oldest -> answer_events() }
        fi;
#ifdef JOURNALED_AFTERWARDS
        journaled = passed;
#endif
        if
        :: resets != my_resets -> goto start_over
        :: resets == my_resets && announced
        :: resets == my_resets && !announced -> sock ! SUBSCRIBED, place, 0, 0; announced = true
        fi;
        if
        :: CONFLATE && (rows[0] || rows[1]) ->
            sock ! ROWS, next, rows[0], rows[1];
        :: CONFLATE && !rows[0] && !rows[1]
        :: !CONFLATE ->
            do
            :: resets != my_resets -> goto start_over
            :: place < next && ours[place + 1] -> sock ! EVENT, place + 1, 0, 0; place++
            :: place < next && !ours[place + 1] -> place++
            :: place == next -> break
            od
        fi;
        atomic {
            place = (!more && journaled > next -> journaled : next);
            journaled = 0; next = 0; more = false; rows[0] = 0; rows[1] = 0
        }
        goto go_on_after;

start_over:
        my_resets = resets;
        d_step { place = committed; rows[0] = row[0]; rows[1] = row[1] };
        announced = true;
        sock ! ROWS, place, rows[0], rows[1];
        d_step { journaled = 0; next = 0; more = false; rows[0] = 0; rows[1] = 0 }
        goto go_on_after;

joined:
        if
        :: announced
#ifdef SUBSCRIBED_NOW
        :: !announced -> sock ! SUBSCRIBED, passed, 0, 0; announced = true
#else
        :: !announced -> sock ! SUBSCRIBED, place, 0, 0; announced = true
#endif
        fi;
        live = true;
end_live:
        do
        :: resets != my_resets -> live = false; goto start_over
#ifndef WAITS_FOR_EVER
        :: resets == my_resets && number < tail -> live = false; goto ask /* it fell behind */
#endif
        :: d_step { number >= tail && number < top && frame_seq[number] > place && nfull(sock) ->
                sock ! EVENT, frame_seq[number], 0, 0;
                place = frame_seq[number];
                number++
            }
        :: d_step { number >= tail && number < top && frame_seq[number] <= place ->
#ifdef BY_NUMBER_ONLY
                sock ! EVENT, frame_seq[number], 0, 0;
#endif
                number++ /* it was in a page already */
            }
        od
    } unless { !up };
    d_step {
        live = false; served = false;
        number = 0; place = 0; journaled = 0; next = 0; more = false; rows[0] = 0; rows[1] = 0
    }
    goto again
}

/* --- The watcher ---------------------------------------------------------------------------------- */

byte view[TASKS]; /* which event is shown of each task */
byte lost;

inline check_nothing_between(from, to)
{
    lost = from + 1;
    do
    :: lost < to -> assert(!ours[lost]); lost++
    :: else -> break
    od;
    lost = 0
}

inline put(task, seq)
{
    if
    :: seq > 0 -> assert(seq >= view[task]); view[task] = seq
    :: else
    fi
}

inline take(kind, at, row0, row1)
{
    if
    :: kind == EVENT ->
        assert(ours[at] && at > cursor);
        check_nothing_between(cursor, at);
        view[task_of(at)] = at
    :: kind == ROWS -> put(0, row0); put(1, row1)
    :: kind == SUBSCRIBED -> check_nothing_between(cursor, at + 1)
    fi;
    cursor = at;
    assert(row[0] > cursor || view[0] == row[0]);
    assert(row[1] > cursor || view[1] == row[1])
}

inline cut_connection()
{
    up = false;
    do
    :: nempty(sock) -> sock ? _, _, _, _
    :: empty(sock) -> break
    od
}

active proctype watcher()
{
    mtype kind;
    byte at, row0, row1, cuts = CUTS;
end_reading:
    do
    :: d_step { sock ? kind, at, row0, row1 -> take(kind, at, row0, row1); at = 0; row0 = 0; row1 = 0 }
    :: d_step { !up && !served && running -> up = true }
    :: atomic { up && cuts > 0 -> cuts--; cut_connection() }
    od
}

/* --- kill -9 of the web half ---------------------------------------------------------------------- */

active proctype killer()
{
    byte kills = KILLS;
    do
    :: atomic { kills > 0 && running ->
            kills--;
            running = false;
            cut_connection();
            do
            :: nempty(pub) -> pub ? _, _
            :: empty(pub) -> break
            od;
            do
            :: tail <= top -> forget_oldest()
            :: else -> break
            od;
            tail = 0; top = 0
        }
    :: kills == 0 -> break
    od
}

#define settled \
    (live && committed == EVENTS && cursor >= topic_head && view[0] == row[0] && view[1] == row[1])

/* Where nothing more can happen. */
active proctype rest()
{
    timeout;
    assert(settled)
}

/* And nothing goes on for ever before that. */
ltl comes_to_rest { <>[] settled }

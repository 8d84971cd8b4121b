/* Pages that are shared, followers, and another journal: two watchers of one topic on one stream thread.
 *
 * One watcher has a filter: it wants the events with odd numbers, until it changes its mind and wants the
 * even ones. The other wants all. Pages are fetched without a filter, and the one that is kept serves
 * whoever's place is in it. A filtered watcher that has everything up to the head follows: it has no
 * place in the ring of its own, but is where the view is. Sockets are full for a while. Once, the journal
 * is replaced by another one (`epoch`), of which the bridge hears later than who asks for a page.
 *
 *   here              there
 *   journal, bridge   as in watch.pml, and nothing is lost on the way
 *   ask, home         web/stream/catchup.c, replay.c, page_cache.c
 *   follows, view_at  web/stream/follow.c, view.c
 *   epoch, resets     bw_hub_reset() in hub.c: in this order
 *
 * Checked: what a watcher is told is of the journal that it knows, and the next that it wants after its
 * cursor: none is lost, none comes twice, whoever fetched the page and whenever the filter changed. When
 * nothing more can happen both are live, in the journal that there is, and have everything.
 *
 * Each name after #ifdef or #ifndef that is not given a number is a mistake that must be found. */

#ifndef EVENTS
#define EVENTS 3 /* of each journal */
#endif
#ifndef STOPS
#define STOPS 1 /* how often a socket is full */
#endif
#define WATCHERS 2
#define FILTERED 0
#define PAGE 2 /* events in one */

/* --- The journal and the bridge ------------------------------------------------------------------- */

byte journal, committed;  /* which journal it is, and its last event */
byte epoch, passed, resets, since; /* what the hub knows */
byte tail, top;           /* of the ring; a frame's number is its seq and what was before the reset */
byte ring_of;             /* which journal its frames are of */
bool begun;
short before;             /* their numbers less their seqs */

active proctype bus()
{
end:
    do
    :: committed < EVENTS -> committed++
    :: atomic { journal == 0 && committed > 0 -> journal = 1; committed = 0 }
    od
}

active proctype bridge()
{
    atomic { passed = committed; since = passed; before = -passed; begun = true } /* the ring, too */
end:
    do
    :: atomic { epoch == journal && passed < committed -> passed++; top++ }
    :: epoch != journal ->
#ifndef TELLS_AFTERWARDS
        resets++; /* odd: it is being done */
#endif
        atomic { passed = committed; epoch = journal };
        atomic { since = passed; top++; tail = top; before = top - passed; ring_of = epoch };
#ifdef TELLS_AFTERWARDS
        resets++;
#endif
        resets++
    od
}

/* --- The stream thread: each step is whole ---------------------------------------------------------- */

mtype = { BEGINNING, AWAY, PAGING, LIVE };
typedef Watcher {
    mtype state = BEGINNING;
    byte place;               /* it has what it wants up to here … */
    byte its;                 /* … of this journal */
    byte number;              /* LIVE: of the next frame */
    bool follows, even;
    bool stuck;               /* its socket is full */
    bool restart;             /* the channel was reset while the job was away */
    byte from, to;            /* PAGING: the page */
    byte page_of, head;
    bool is_reset, answered;
    /* the client's: */
    byte cursor, knows;
};
Watcher w[WATCHERS];
byte my_resets, view_at;
bool changed;

#define is_done    (resets % 2 == 0)
#define is_current (is_done && my_resets == resets)
#define wants(i, seq) ((i) != FILTERED || ((seq) % 2 == 0) == w[i].even)

byte at;
inline check_nothing_before(i, seq)
{
    at = w[i].cursor + 1;
    do
    :: at < seq -> assert(!wants(i, at)); at++
    :: else -> break
    od;
    at = 0
}

inline tell(i, which, seq)
{
    if
    :: wants(i, seq) ->
        assert(w[i].knows == which && seq > w[i].cursor);
        check_nothing_before(i, seq);
        w[i].cursor = seq
    :: else
    fi
}

inline start_over(i, which, seq) /* the snapshot is left out */
{
    w[i].restart = false;
    w[i].follows = false;
    w[i].its = which;
    w[i].place = seq;
    w[i].knows = which;
    w[i].cursor = seq;
    go_on(i)
}

/* Joins the ring, or asks. */
inline go_on(i)
{
    if
    :: since <= w[i].place && w[i].place + before >= tail ->
        w[i].number = w[i].place + before;
        w[i].state = LIVE
    :: else -> w[i].state = AWAY; w[i].answered = false
    fi
}

/* One that stops following is where the view is. */
inline stop_following(i)
{
    if
    :: w[i].follows ->
        w[i].follows = false;
#ifndef KEEPS_ITS_OLD_PLACE
        w[i].number = view_at;
        w[i].place = view_at - before
#endif
    :: else
    fi
}

inline home(i)
{
    w[i].answered = false;
    if
    :: w[i].restart -> start_over(i, epoch, passed)
    :: !w[i].restart && w[i].is_reset && w[i].page_of == epoch -> start_over(i, w[i].page_of, w[i].head)
    :: !w[i].restart && !w[i].is_reset && w[i].page_of == epoch -> w[i].state = PAGING
#ifdef TAKES_ANY_PAGE
    :: !w[i].restart && w[i].is_reset && w[i].page_of != epoch -> start_over(i, w[i].page_of, w[i].head)
    :: !w[i].restart && !w[i].is_reset && w[i].page_of != epoch -> w[i].state = PAGING
#else
    :: !w[i].restart && w[i].page_of != epoch -> w[i].state = AWAY /* asked again later */
#endif
    fi
}

inline send_page(i)
{
    do
    :: w[i].from < w[i].to ->
        w[i].from++;
        if
#ifndef FROM_ITS_BEGINNING
        :: w[i].from <= w[i].place
#endif
        :: else -> tell(i, w[i].page_of, w[i].from); w[i].place = w[i].from
        fi
    :: else -> break
    od;
    if
    :: w[i].to > w[i].place -> w[i].place = w[i].to
    :: else
    fi;
    w[i].from = 0; w[i].to = 0;
    go_on(i)
}

/* Live ones get what is new, or have fallen behind a ring that was cut. */
inline deliver(i)
{
    if
    :: w[i].number < tail -> w[i].its = epoch; w[i].state = AWAY; w[i].answered = false
    :: else
    fi;
    do
    :: w[i].state == LIVE && w[i].number < top ->
        w[i].number++;
        tell(i, ring_of, w[i].number - before);
        w[i].place = w[i].number - before
    :: else -> break
    od
}

inline reset_one(i)
{
    if
    :: w[i].state == AWAY -> w[i].restart = true
    :: w[i].state != AWAY -> w[i].from = 0; w[i].to = 0; start_over(i, epoch, passed)
    fi
}

#define is_ready(i) (w[i].state == LIVE && !w[i].stuck && !w[i].follows)

active proctype thread()
{
    byte stops = STOPS;
    begun;
end:
    do
    :: atomic { w[0].state == BEGINNING -> go_on(0) }
    :: atomic { w[1].state == BEGINNING -> go_on(1) }
    :: atomic { w[0].state == AWAY && w[0].answered -> home(0) }
    :: atomic { w[1].state == AWAY && w[1].answered -> home(1) }
    :: atomic { w[0].state == PAGING && !w[0].stuck -> send_page(0) }
    :: atomic { w[1].state == PAGING && !w[1].stuck -> send_page(1) }

    /* A round: first what was reset, then followers, then those that are walked. */
#ifndef DELIVERS_FIRST
    :: atomic { is_done && !is_current -> my_resets = resets; view_at = top; reset_one(0); reset_one(1) }
#endif
    :: atomic { is_current && view_at < top ->
            if
            :: w[FILTERED].follows && view_at < tail -> stop_following(FILTERED)
            :: else
            fi;
            do
            :: view_at < top ->
                view_at++;
                if
                :: w[FILTERED].follows -> tell(FILTERED, ring_of, view_at - before)
                :: else
                fi
            :: else -> break
            od;
            if
            :: is_ready(0) -> deliver(0)
            :: else
            fi;
            if
            :: is_ready(1) -> deliver(1)
            :: else
            fi
        }
    :: atomic { is_current && is_ready(0) && w[0].number < top -> deliver(0) }
    :: atomic { is_current && is_ready(1) && w[1].number < top -> deliver(1) }
    :: atomic { is_current && is_ready(FILTERED) && w[FILTERED].number == top && view_at == top ->
            w[FILTERED].follows = true
        }

    /* Its socket is full, and has room again. */
    :: atomic { stops > 0 && w[FILTERED].follows -> stops--; stop_following(FILTERED); w[FILTERED].stuck = true }
    :: atomic { stops > 0 && w[1].state == PAGING && !w[1].stuck -> stops--; w[1].stuck = true }
    :: atomic { w[FILTERED].stuck -> w[FILTERED].stuck = false }
    :: atomic { w[1].stuck -> w[1].stuck = false }

    /* Subscribing again: up to its place the old filter was asked, beyond it the new one is. */
    :: atomic { !changed && is_current && w[FILTERED].state == LIVE ->
            stop_following(FILTERED);
            changed = true;
#ifdef CHANGES_AT_THE_HEAD
            w[FILTERED].place = passed;
#endif
            check_nothing_before(FILTERED, w[FILTERED].place + 1);
            w[FILTERED].even = true;
            w[FILTERED].cursor = w[FILTERED].place; /* it is told */
            go_on(FILTERED)
        }
    od
}

/* --- The replay thread: one question after the other; the last page is kept -------------------------- */

bool kept;
byte kept_of, kept_from, kept_to;

inline answer(i)
{
    w[i].is_reset = false;
    if
#ifdef OF_ANY_JOURNAL
    :: kept && kept_from <= w[i].place && w[i].place < kept_to ->
#else
    :: kept && kept_of == w[i].its && kept_from <= w[i].place && w[i].place < kept_to ->
#endif
        w[i].page_of = kept_of; w[i].from = kept_from; w[i].to = kept_to
    :: else ->
        w[i].page_of = journal;
        if
        :: w[i].its != journal -> w[i].is_reset = true; w[i].head = committed
        :: else ->
            w[i].from = w[i].place;
            w[i].to = (committed > w[i].place + PAGE -> w[i].place + PAGE : committed);
            kept = true; kept_of = journal; kept_from = w[i].from; kept_to = w[i].to
        fi
    fi;
    w[i].answered = true
}

active proctype replay()
{
end:
    do
    :: atomic { w[0].state == AWAY && !w[0].answered -> answer(0) }
    :: atomic { w[1].state == AWAY && !w[1].answered -> answer(1) }
    od
}

#define has_all(i) \
    (w[i].state == LIVE && w[i].knows == journal && (w[i].follows || w[i].number == top) && view_at == top)

/* Where nothing more can happen. */
active proctype rest()
{
    timeout;
    assert(committed == EVENTS && passed == EVENTS && has_all(0) && has_all(1))
}

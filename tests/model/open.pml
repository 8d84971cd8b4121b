/* A topic gets a ring while its events go by (web/stream/hub.c): from `since` on the ring has all.
 *
 *   here            there
 *   bridge          bw_hub_pass(), then the append in web/stream/bridge.c
 *   opener          add() in hub.c, on the replay thread
 *   missed          events of the topic that went by and are not in the ring
 *
 * Checked: once `since` is told, no event after it is missed. So whoever has everything up to `since`
 * may join the ring. Broken variants that must be found: SINCE_BEFORE_VISIBLE (the opener reads
 * `passed` first) and LOOK_BEFORE_PASSED (the bridge looks for the ring first). */

#define EVENTS 4

byte passed, since;
bool visible, opened;
bool missed[EVENTS + 1];

active proctype bridge()
{
    byte seq = 0;
    bool found;
    do
    :: seq < EVENTS ->
        seq++;
#ifdef LOOK_BEFORE_PASSED
        found = visible;
        passed = seq;
#else
        passed = seq;
        found = visible;
#endif
        missed[seq] = !found;
        assert(!(opened && missed[seq] && seq > since))
    :: seq == EVENTS -> break
    od
}

active proctype opener()
{
    byte seq = 0;
#ifdef SINCE_BEFORE_VISIBLE
    since = passed;
    visible = true;
#else
    visible = true;
    since = passed;
#endif
    opened = true;
    do
    :: seq < EVENTS -> seq++; assert(!(missed[seq] && seq > since))
    :: seq == EVENTS -> break
    od
}

// The one connection of these pages: everything live passes here.
import { connect } from "bellwire";

export const client = connect();

/** Commands need the server; everything else works from what is known. */
export function canCommand(): boolean {
    return client.state === "live" || client.state === "polling";
}

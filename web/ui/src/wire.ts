// The one connection of these pages: everything live passes here.
import { connect } from "bellwire";

export const client = connect();

/** Commands need a live connection; everything else works by polling too. */
export function canCommand(): boolean {
    return client.state === "live";
}

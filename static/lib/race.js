// A bar race from a ballot's board.

/** @typedef {Doc.BoardRow & {votes: number, place: number, part: number, leads: boolean, rank: number|''}} Placed rank '' while nobody has a vote */

/**
 * Rows with their place, in an order that doesn't move the DOM: the place moves
 * a row, by transform alone. Equal votes share a rank; their places follow the
 * ballot's order, so that rows don't swap for nothing.
 * @param {Doc.Board} board with votes
 * @returns {Placed[]}
 */
export function ranked(board) {
  const rows = board.rows.map((r, i) => /** @type {Placed} */ ({ ...r, votes: (board.votes || [])[i] }));
  const order = [...rows].sort((a, b) => b.votes - a.votes || a.no - b.no);
  const top = Math.max(1, order.length ? order[0].votes : 1);
  const second = order[1];
  order.forEach((r, i) => {
    r.place = i;
    r.part = r.votes / top;
    r.leads = i === 0 && r.votes > 0 && !(second && second.votes === r.votes); // ballot order is no merit
    r.rank = !order[0].votes ? '' : i > 0 && order[i - 1].votes === r.votes ? order[i - 1].rank : i + 1;
  });
  return rows;
}

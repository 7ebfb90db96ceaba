// A bar race from a ballot's board.

/**
 * Rows with their place, in an order that doesn't move the DOM: the place moves
 * a row, by transform alone. Equal votes share a rank; their places follow the
 * ballot's order, so that rows don't swap for nothing.
 * @param {any} board with votes
 * @returns {any[]}
 */
export function ranked(board) {
  const rows = board.rows.map((/** @type {any} */ r, /** @type {number} */ i) => ({ ...r, votes: board.votes[i] }));
  const order = [...rows].sort((a, b) => b.votes - a.votes || a.no - b.no);
  const top = Math.max(1, order.length ? order[0].votes : 1);
  order.forEach((r, i) => {
    r.place = i;
    r.part = r.votes / top;
    r.rank = i > 0 && order[i - 1].votes === r.votes ? order[i - 1].rank : i + 1;
  });
  return rows;
}

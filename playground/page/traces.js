// What happened to each update: told by the server whole at each change, kept here, found by message.

const traces = new Map();

/** Take what is known now. `looked`: the faces are told once more after the answer, and are all there then. */
export function keep(trace, isReplayed) {
  const known = traces.get(trace.update_id);
  const looked = isReplayed || known?.looked || known?.state === "done";
  traces.set(trace.update_id, { ...trace, looked, since: known ? known.since : performance.now() });
}

export const forget = () => traces.clear();
export const get = (updateId) => traces.get(updateId);
export const latest = (count) => [...traces.values()].sort((a, b) => b.update_id - a.update_id).slice(0, count);
export const isOver = ({ state }) => state === "done" || state === "failed";
export const messagesOf = (trace) => [trace.message_id, ...(trace.photos ?? []).map((photo) => photo.message_id)];

/** What happened to a message, or led to it; a pressed button is no message. */
export function of(message) {
  const id = message.message_id;
  const sent = latest(Infinity).filter((trace) => trace.what !== "button");
  if (!message.from.is_bot) {
    return sent.find((trace) => trace.message_id === id) ?? sent.find((trace) => messagesOf(trace).includes(id));
  }
  const asked = message.reply_to_message?.message_id;
  // A photo can be asked about again: its answers come in the order of the questions.
  return sent.find((trace) => trace.message_id < id && (!asked || messagesOf(trace).includes(asked)));
}

// Messages to the server, one after the other.

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Refusal(response.status, answer.error);
  return answer;
}

async function fetched(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Refusal(0, "The server does not answer. Is “python -m tensorlab playground” still running?");
  }
}

export const choices = async () => answerOf(await fetched("/api/choices"));

let last = Promise.resolve();

// Sends a command when the ones before are answered; `message` makes its contents at that time.
export function ask(command, message) {
  const send = async () =>
    answerOf(
      await fetched(`/api/${command}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(message()),
      }),
    );
  const answer = last.then(send);
  last = answer.catch(() => {});
  return answer;
}

// The bytes of a picture: see `encoded` in messages.py.
export function levelsOf(picture) {
  const letters = atob(picture.levels);
  const levels = new Uint8Array(letters.length);
  for (let at = 0; at < levels.length; at++) levels[at] = letters.charCodeAt(at);
  return levels;
}

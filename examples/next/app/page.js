import { me } from './me.js';

// Pages read cookies; route handlers and server actions also set them.
export default async function Page() {
  const known = await (await me()).read();
  return known === undefined ? (
    <form method="POST" action="/login">
      <p>Who are you?</p>
      <input name="name" required />
      <button>Enter</button>
    </form>
  ) : (
    <form method="POST" action="/logout">
      <p>{`Hello ${known.name}`}</p>
      <button>Leave</button>
    </form>
  );
}

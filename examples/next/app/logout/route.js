import { me } from '../me.js';

export async function POST() {
  await (await me()).clear();
  return new Response(null, { status: 303, headers: { Location: '/' } });
}

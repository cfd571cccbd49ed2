import { me } from '../me.js';

export async function POST(request) {
  const name = (await request.formData()).get('name');
  await (await me()).write({ name });
  return new Response(null, { status: 303, headers: { Location: '/' } });
}

// Loads every entry where randomness is out of reach, as it is in a Worker before its first request.
crypto.getRandomValues = Math.random = () => {
  throw new Error('something random at load');
};

const [{ generateKeys }] = await Promise.all(process.argv.slice(2).map((entry) => import(entry)));
try {
  generateKeys();
} catch ({ code }) {
  console.log(`loaded, and then ${code}`);
}

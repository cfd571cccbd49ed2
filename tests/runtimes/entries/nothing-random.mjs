// Loads every entry where randomness is out of reach, as it is in a Worker before its first request.
crypto.getRandomValues = crypto.randomUUID = Math.random = () => {
  throw new Error('something random at load');
};
await Promise.all(process.argv.slice(2).map((entry) => import(entry)));
console.log('loaded');

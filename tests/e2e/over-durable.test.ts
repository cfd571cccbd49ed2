/** What holds of sessions holds over Durable Objects too: the same tests, over the other store. */

import './support/over-durable.ts'

import './absent.test.ts'
import './databunker-replay.test.ts'
import './databunker.test.ts'
import './databunker-session-store.test.ts'
import './life.test.ts'
import './lifetime.test.ts'
import './regenerate.test.ts'
import './restart.test.ts'
import './users.test.ts'

/** Imported before tests that are written for any store: they are then about Durable Objects. */

import { useStore } from './deployment.ts'

useStore('durable')

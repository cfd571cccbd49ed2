/**
 * Workers KV as one workerd service: {@link Edge} is what a KV binding points at, {@link Central} the store behind all
 * locations, {@link Control} what a test turns. workerd runs them in one isolate, so they share the modules beside this
 * one: the clock, the locations and their settings.
 */
export { Central } from './central.js'
export { Control } from './control.js'
export { Edge as default } from './edge.js'

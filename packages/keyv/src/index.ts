/*
 * The public surface of @larder/keyv, and nothing else.
 */

export {}

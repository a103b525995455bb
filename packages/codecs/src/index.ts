/*
 * The public surface of @larder/codecs: every part by name. Each also has an entry point of its own.
 */

export {}

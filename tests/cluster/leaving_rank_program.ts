/**
 * A rank that ends before it joins the others.
 *
 * @module
 */

Deno.exit(Number(Deno.args[0]));

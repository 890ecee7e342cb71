/* A package needs a source file; the library is linked. */

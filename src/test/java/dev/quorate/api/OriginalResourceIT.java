package dev.quorate.api;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The original's calls, asked of the program as it is shipped: the jar, or with {@code -Dnative} the native program. */
@QuarkusIntegrationTest
class OriginalResourceIT extends OriginalResourceTest {}

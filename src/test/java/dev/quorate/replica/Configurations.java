package dev.quorate.replica;

import dev.quorate.config.QuorateConfig;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** Configurations without a Quarkus around them. */
final class Configurations {
    private Configurations() {}

    /** The defaults, but for these. */
    static QuorateConfig of(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .addDiscoveredConverters()
                .withMapping(QuorateConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 500))
                .build()
                .getConfigMapping(QuorateConfig.class);
    }
}

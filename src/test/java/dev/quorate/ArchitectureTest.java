package dev.quorate;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.conditions.ArchConditions;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Holds the arrows between the rooms: who may know whom, read from the compiled classes. Each room's reasons are in its
 * {@code package-info.java}. A room that is still empty breaks nothing; a package that is no room breaks
 * {@link #everyClassHasARoom}.
 */
@AnalyzeClasses(packages = "dev.quorate", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule protocolKnowsNobody = room("protocol").mayKnow();

    @ArchTest
    static final ArchRule logKnowsTheWordsOnly = room("log").mayKnow("protocol");

    @ArchTest
    static final ArchRule storeKnowsTheWordsOnly = room("store").mayKnow("protocol");

    @ArchTest
    static final ArchRule configKnowsNobody = room("config").mayKnow();

    @ArchTest
    static final ArchRule replicaKnowsWhatItShells = room("replica").mayKnow("protocol", "log", "store", "config");

    @ArchTest
    static final ArchRule apiMeetsNoOtherEdge = room("api").mayKnow("replica", "protocol", "config");

    @ArchTest
    static final ArchRule peerMeetsNoOtherEdge = room("peer").mayKnow("replica", "protocol", "config");

    @ArchTest
    static final ArchRule opsMeetsNoOtherEdge = room("ops").mayKnow("replica", "protocol", "config");

    @ArchTest
    static final ArchRule labMeetsNoOtherEdge = room("lab").mayKnow("replica", "protocol", "config");

    @ArchTest
    static final ArchRule historyKnowsNoLiveReplica = room("history").mayKnow("protocol");

    @ArchTest
    static final ArchRule cliStartsNoServer = room("cli").mayKnow("history", "log", "store", "protocol");

    /** The entry point stands outside the rooms: it may send to {@code cli}, and nobody knows it. */
    @ArchTest
    static final ArchRule mainOnlySendsOn = noClasses()
            .that()
            .resideInAPackage("dev.quorate")
            .should()
            .dependOnClassesThat(inThisHouse().and(outside("dev.quorate", within("cli"))))
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule everyClassHasARoom = noClasses()
            .should(ArchConditions.be(inThisHouse()
                    .and(outside(
                            "dev.quorate",
                            "dev.quorate.(protocol|log|store|config|replica|api|peer|ops|lab|history|cli).."))
                    .as("in a package without a rule here")))
            .because("it would be free to know everybody");

    /** A list of what is allowed, not of what is banned: what nobody thought of is out. */
    @ArchTest
    static final ArchRule protocolIsPure = classes()
            .that()
            .resideInAPackage(within("protocol"))
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            within("protocol"),
                            "java.lang",
                            "java.lang.annotation",
                            "java.lang.invoke",
                            "java.lang.runtime",
                            "java.nio",
                            "java.nio.charset",
                            "java.time",
                            "java.util",
                            "java.util.function",
                            "java.util.random",
                            "java.util.stream",
                            "org.jspecify.annotations",
                            "")
                    .and(DescribedPredicate.not(aThreadOrAClock())))
            .allowEmptyShould(true)
            .because("the same events must give the same effects on any machine, in the simulation as in production");

    @ArchTest
    static final ArchRule protocolSharesNothing = fields().that()
            .areDeclaredInClassesThat()
            .resideInAPackage(within("protocol"))
            .should()
            .notHaveModifier(JavaModifier.VOLATILE)
            .allowEmptyShould(true)
            .because("one caller steps one core at a time; a volatile field says that someone else looks in");

    @ArchTest
    static final ArchRule protocolLocksNothing = methods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage(within("protocol"))
            .should()
            .notHaveModifier(JavaModifier.SYNCHRONIZED)
            .allowEmptyShould(true)
            .because("one caller steps one core at a time");

    @ArchTest
    static final ArchRule whatIsReplayedReadsNoClock = noClasses()
            .that()
            .resideInAnyPackage(within("protocol"), within("store"), within("history"))
            .should()
            .accessTargetWhere(readsAClock())
            .orShould()
            .accessTargetWhere(takesAChance())
            .allowEmptyShould(true)
            .because("what is replayed or checked must come out the same; times arrive inside entries and events");

    @ArchTest
    static final ArchRule theFrameworkStaysOutside = noClasses()
            .that()
            .resideInAnyPackage(within("protocol"), within("log"), within("store"), within("history"), within("cli"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.quarkus..", "io.smallrye..", "io.vertx..", "jakarta..", "org.eclipse.microprofile..")
            .allowEmptyShould(true)
            .because("these run without a server: in the simulation and from the command line");

    @ArchTest
    static final ArchRule replicaKnowsNoHttp = noClasses()
            .that()
            .resideInAPackage(within("replica"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "jakarta.ws.rs..",
                    "io.vertx..",
                    "java.net.http..",
                    "org.jboss.resteasy..",
                    "org.eclipse.microprofile.rest..",
                    "io.quarkus.rest..",
                    "io.quarkus.vertx..")
            .allowEmptyShould(true)
            .because("what is asked of a replica, and what it asks of others, does not depend on how it travels");

    private static Room room(String name) {
        return new Room(name);
    }

    private static String within(String room) {
        return "dev.quorate." + room + "..";
    }

    private static DescribedPredicate<JavaClass> inThisHouse() {
        return resideInAPackage("dev.quorate..");
    }

    private static DescribedPredicate<JavaClass> outside(String... packages) {
        return DescribedPredicate.not(resideInAnyPackage(packages));
    }

    private record Room(String name) {
        ArchRule mayKnow(String... others) {
            String[] open = Stream.concat(Stream.of(name), Stream.of(others))
                    .map(ArchitectureTest::within)
                    .toArray(String[]::new);
            return noClasses()
                    .that()
                    .resideInAPackage(within(name))
                    .should()
                    .dependOnClassesThat(inThisHouse()
                            .and(outside(open))
                            .as("live in other rooms of this house than %s", String.join(", ", open)))
                    .allowEmptyShould(true);
        }
    }

    private static DescribedPredicate<JavaClass> aThreadOrAClock() {
        return JavaClass.Predicates.belongToAnyOf(
                        Thread.class,
                        ThreadLocal.class,
                        Runtime.class,
                        Process.class,
                        ProcessBuilder.class,
                        java.time.Clock.class,
                        java.util.Timer.class,
                        java.util.UUID.class)
                .as("threads, processes, clocks and chance");
    }

    private static DescribedPredicate<JavaAccess<?>> readsAClock() {
        return DescribedPredicate.describe("reads a clock", access -> switch (access.getTargetOwner()
                .getName()) {
            case "java.lang.System" -> Set.of("nanoTime", "currentTimeMillis").contains(access.getName());
            case "java.time.Clock" -> true;
            default ->
                access.getTargetOwner().getPackageName().equals("java.time")
                        && access.getName().equals("now");
        });
    }

    private static DescribedPredicate<JavaAccess<?>> takesAChance() {
        return DescribedPredicate.describe(
                "takes a chance that nobody can repeat",
                access -> switch (access.getTargetOwner().getName()) {
                    case "java.lang.Math" -> access.getName().equals("random");
                    case "java.util.UUID" -> access.getName().equals("randomUUID");
                    case "java.util.concurrent.ThreadLocalRandom" -> true;
                    default -> false;
                });
    }
}

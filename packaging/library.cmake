# SPDX-License-Identifier: Apache-2.0
# libbelfry.so and libbelfry.a from the same objects, their headers and belfry.pc.
add_library(belfry_shared SHARED $<TARGET_OBJECTS:belfry_core>)
add_library(belfry_static STATIC $<TARGET_OBJECTS:belfry_core>)
foreach(kind shared static)
	set_target_properties(belfry_${kind} PROPERTIES OUTPUT_NAME belfry LINKER_LANGUAGE C)
endforeach()
set(BELFRY_MAP ${CMAKE_CURRENT_LIST_DIR}/libbelfry.map)
set_target_properties(belfry_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0
	LINK_DEPENDS ${BELFRY_MAP})
target_link_options(belfry_shared PRIVATE -Wl,--version-script=${BELFRY_MAP} -Wl,-z,defs)
target_link_libraries(belfry_shared PRIVATE belfry_flags PkgConfig::LIBRARY_DEPS
	Threads::Threads ${CMAKE_DL_LIBS} m)

# It finds itself by where it lies, so that an installed tree can be moved.
file(RELATIVE_PATH BELFRY_PC_PREFIX
	${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
list(JOIN LIBRARY_DEPS ", " BELFRY_PC_REQUIRES)
configure_file(${CMAKE_CURRENT_LIST_DIR}/belfry.pc.in ${CMAKE_BINARY_DIR}/belfry.pc @ONLY)

install(TARGETS belfry_shared belfry_static COMPONENT library
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/belfry COMPONENT library
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_BINARY_DIR}/belfry.pc COMPONENT library
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
